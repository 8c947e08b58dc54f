import { createSecureContext } from 'node:tls'
import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import type { Credential } from 'countersign'
import { Inventory } from '../../examples/shop/protos.ts'
import { systemClock } from '../../src/core/clock.ts'
import { parseClaims } from '../../src/token/claims.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import { decodeRefusal } from '../../src/transport/status.ts'
import { secureContextOptions } from '../../src/transport/tls-options.ts'
import type { Outcome } from './report.ts'

/** A certificate and its key, which need not be valid anywhere. */
export interface ClientIdentity {
  /** PEM, leaf first. */
  readonly certificateChain: string
  /** PKCS#8 in PEM. */
  readonly privateKey: string
}

/** A connection without TLS. */
export function plaintext(): ChannelCredentials {
  return credentials.createInsecure()
}

/** TLS without a client certificate. */
export function withoutCertificate(bundle: string): ChannelCredentials {
  return credentials.createFromSecureContext(createSecureContext({ ca: bundle }))
}

/** TLS that presents any certificate, valid here or not. */
export function presenting(identity: ClientIdentity, bundle: string): ChannelCredentials {
  const { certificateChain: cert, privateKey: key } = identity
  return credentials.createFromSecureContext(createSecureContext({ ca: bundle, cert, key }))
}

/** Mutual TLS as a service has it, with no token attached. */
export function connectedAs(credential: Credential): ChannelCredentials {
  return credentials.createFromSecureContext(createSecureContext(secureContextOptions(credential)))
}

/** A token with the claims of another, signed by a key of the forger's own. */
export function forge(token: string): string {
  const [, claims = ''] = token.split('.')
  return createSigningKey().sign(parseClaims(JSON.parse(Buffer.from(claims, 'base64url').toString())))
}

/** Calls a method of inventory as plain grpc-js does, with credentials sent as they are, and tells how it went. */
export function intrude(
  address: string,
  method: 'Reserve' | 'Restock' | 'Watch',
  channel: ChannelCredentials,
  authorization?: string,
): Promise<Outcome> {
  const { path, requestSerialize } = Inventory.service[method]
  const client = new Client(address, channel, { 'grpc.use_local_subchannel_pool': 1 })
  const metadata = new Metadata()
  if (authorization !== undefined) metadata.set('authorization', authorization)
  return new Promise((resolve) => {
    const finish = (error: ServiceError | null) => {
      client.close()
      resolve(error === null ? { outcome: 'allowed', status: 'OK' } : outcomeOf(error))
    }
    const options: CallOptions = { deadline: systemClock() + 5_000 }
    const unread = (bytes: Buffer) => bytes
    client.makeUnaryRequest(path, requestSerialize, unread, { sku: 'tea', quantity: 1 }, metadata, options, finish)
  })
}

function outcomeOf(error: ServiceError): Outcome {
  const refused = { outcome: 'refused', status: status[error.code] ?? '' } as const
  const reason = decodeRefusal(error.metadata)?.code
  return reason === undefined ? refused : { ...refused, reason }
}
