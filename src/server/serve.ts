import { isIP } from 'node:net'
import { startIdentity } from '../authority/identity.ts'
import { createIssueToken } from '../authority/issue-token.ts'
import { loadCertificateAuthority } from '../ca/load.ts'
import { type Address, formatAddress } from '../core/address.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { createSigningKey } from '../token/signing-key.ts'
import { createTokenVerifier } from '../token/verify.ts'
import { TrustState } from '../trust/trust-state.ts'
import type { Configuration } from './config.ts'
import { createGrpcServer } from './grpc/server.ts'

/** An authority that serves. */
export interface RunningAuthority {
  /** Where it answers gRPC. */
  readonly address: Address
  /** Stops accepting, lets calls end, then stops. */
  close(): Promise<void>
}

/**
 * Starts an authority: its own certificate, a token signing key that exists in this process only, its gRPC face.
 * @throws AuthError CONFIGURATION_INVALID, CERTIFICATE_EXPIRED
 */
export async function serve(
  configuration: Configuration,
  { logger, clock = systemClock }: { readonly logger: Logger; readonly clock?: Clock },
): Promise<RunningAuthority> {
  const { issuer, policy, token, listen } = configuration
  const ca = await loadCertificateAuthority(configuration.ca, clock)
  if (ca.trustDomain !== configuration.trustDomain) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `The CA in ${configuration.ca} is of trust domain ${ca.trustDomain}, the configuration of ${configuration.trustDomain}.`,
    )
  }
  const identity = startIdentity(ca, hostNames(listen.grpc), { clock, logger })
  const signingKey = createSigningKey()
  const trust = new TrustState()
  trust.replace({ issuer, keys: new Map([[signingKey.verificationKey.keyId, signingKey.verificationKey]]) })

  const server = createGrpcServer({
    credentials: identity.credentials,
    verifyToken: createTokenVerifier({
      audience: identity.credentials.current().serviceId,
      trustedIssuer: () => trust.head(),
      clock,
    }),
    issueToken: createIssueToken({ issuer, policy, ttlSeconds: token.ttlSeconds, signingKey, clock }),
    trust,
    logger,
    clock,
  })
  const address = await server.listen(formatAddress(listen.grpc)).catch((error: unknown) => {
    identity.stop()
    throw error
  })
  logger.info({ address: formatAddress(address), trustDomain: ca.trustDomain, issuer }, 'authority serves')
  return {
    address,
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
