import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import type { CredentialMaterial } from 'countersign'
import { Echo } from './protos.ts'

/** Calls an echo as stock grpc-js does, over mutual TLS. */
export function stockSay(
  material: CredentialMaterial,
  address: string,
  metadata: () => Metadata = () => new Metadata(),
): () => Promise<unknown> {
  const pems = [material.bundle, material.privateKey, material.certificateChain]
  const [root, key, chain] = pems.map((pem) => Buffer.from(pem))
  const client = new Echo(address, credentials.createSsl(root, key, chain))
  return () =>
    new Promise((resolve, reject) => {
      client.say({ text: 'hello' }, metadata(), (error: ServiceError | null, response?: object) =>
        error === null ? resolve(response) : reject(error),
      )
    })
}
