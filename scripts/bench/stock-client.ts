import { type ChannelCredentials, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import type { CredentialMaterial } from 'countersign'
import { Echo } from './protos.ts'

/** Calls an echo as stock grpc-js does, over mutual TLS. */
export function stockSay(
  material: CredentialMaterial,
  address: string,
  metadata: () => Metadata = () => new Metadata(),
): () => Promise<unknown> {
  const client = new Echo(address, stockCredentials(material))
  return () =>
    new Promise((resolve, reject) => {
      client.say({ text: 'hello' }, metadata(), (error: ServiceError | null, response?: object) =>
        error === null ? resolve(response) : reject(error),
      )
    })
}

/** Mutual TLS as stock grpc-js has it. */
export function stockCredentials(material: CredentialMaterial): ChannelCredentials {
  const pems = [material.bundle, material.privateKey, material.certificateChain]
  const [root, key, chain] = pems.map((pem) => Buffer.from(pem))
  return credentials.createSsl(root, key, chain)
}
