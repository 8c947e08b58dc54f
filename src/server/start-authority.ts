import { isIP } from 'node:net'
import type { GrantPolicy } from '../access/grant-policy.ts'
import { type LoadCa, startIdentity } from '../authority/identity.ts'
import { createIssueToken } from '../authority/issue-token.ts'
import { type Address, formatAddress } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { createCallVerifier } from '../interceptor/call-verifier.ts'
import { createSigningKey, type SigningKey } from '../token/signing-key.ts'
import { TrustState } from '../trust/trust-state.ts'
import { createGrpcServer } from './grpc/server.ts'

export interface AuthorityOptions {
  readonly loadCa: LoadCa
  readonly issuer: string
  readonly policy: GrantPolicy
  /** The lifetime of a token where its grant sets none. */
  readonly ttlSeconds: number
  readonly listen: { readonly grpc: Address }
  /** Signs the tokens. A new key, which exists in this process only, unless given. */
  readonly signingKey?: SigningKey
  readonly logger: Logger
  readonly clock: Clock
}

/** An authority that serves. */
export interface RunningAuthority {
  /** Where it answers gRPC. */
  readonly address: Address
  /** What it publishes to verifiers. */
  readonly trust: TrustState
  /** Stops accepting, lets calls end, then stops. */
  close(): Promise<void>
}

/**
 * Starts an authority: its own certificate, its token signing key, its gRPC face.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function startAuthority(options: AuthorityOptions): Promise<RunningAuthority> {
  const { loadCa, issuer, policy, ttlSeconds, listen, signingKey = createSigningKey(), logger, clock } = options
  const identity = await startIdentity(loadCa, hostNames(listen.grpc), { clock, logger })
  const { verificationKey } = signingKey
  const trust = new TrustState()
  trust.replace({ issuer, keys: new Map([[verificationKey.keyId, verificationKey]]) })

  const server = createGrpcServer({
    credentials: identity.credentials,
    verifyToken: createCallVerifier({
      audience: identity.credentials.current().serviceId,
      trustedIssuer: () => trust.head(),
      clock,
    }),
    issueToken: createIssueToken({ issuer, policy, ttlSeconds, signingKey, clock }),
    trust,
    logger,
    clock,
  })
  const address = await server.listen(formatAddress(listen.grpc)).catch((error: unknown) => {
    identity.stop()
    throw error
  })
  logger.info(
    { address: formatAddress(address), trustDomain: identity.credentials.current().trustDomain, issuer },
    'authority serves',
  )
  return {
    address,
    trust,
    async close() {
      identity.stop()
      await server.close()
    },
  }
}

/** What the authority's certificate names beside its service ID. Clients require the ID; of an IP address they ask no name. */
function hostNames({ host }: Address): readonly string[] {
  return isIP(host) === 0 ? [host.toLowerCase()] : []
}
