import { createSecureContext } from 'node:tls'
import { type ChannelCredentials, credentials } from '@grpc/grpc-js'
import type { Credential } from 'countersign'
import { parseClaims } from '../../src/token/claims.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import { secureContextOptions } from '../../src/transport/tls-options.ts'
import { type InventoryMethod, RawClient } from './raw-client.ts'
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

/** Calls a method of inventory over a connection of its own. */
export function intrude(
  address: string,
  method: InventoryMethod,
  channel: ChannelCredentials,
  authorization?: string,
): Promise<Outcome> {
  const client = new RawClient(address, channel)
  return client.call(method, authorization).finally(() => client.close())
}
