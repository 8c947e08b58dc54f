import { createSecureContext } from 'node:tls'
import {
  type CallOptions,
  type ChannelCredentials,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import type { Credential } from 'countersign'
import { Inventory } from '../../examples/shop/protos.ts'
import { systemClock } from '../../src/core/clock.ts'
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

/** Calls a method of inventory as plain grpc-js does, with a token sent as it is, and tells how it went. */
export function intrude(
  address: string,
  method: 'reserve' | 'restock',
  channel: ChannelCredentials,
  token?: string,
): Promise<Outcome> {
  const client = new Inventory(address, channel, { 'grpc.use_local_subchannel_pool': 1 })
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  return new Promise((resolve) => {
    const finish = (error: ServiceError | null) => {
      client.close()
      resolve(error === null ? { outcome: 'allowed', status: 'OK' } : outcomeOf(error))
    }
    const options: CallOptions = { deadline: systemClock() + 5_000 }
    if (method === 'reserve') client.reserve({ sku: 'tea', quantity: 1 }, metadata, options, finish)
    else client.restock({ sku: 'tea', quantity: 1 }, metadata, options, finish)
  })
}

function outcomeOf(error: ServiceError): Outcome {
  const refused = { outcome: 'refused', status: status[error.code] ?? '' } as const
  const reason = decodeRefusal(error.metadata)?.code
  return reason === undefined ? refused : { ...refused, reason }
}
