import { loadCertificateAuthority } from '../ca/load.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Configuration } from './config.ts'
import { type RunningAuthority, startAuthority } from './start-authority.ts'

/**
 * Starts the authority that a configuration describes, on the CA of its directory.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function serve(
  configuration: Configuration,
  { logger, clock = systemClock }: { readonly logger: Logger; readonly clock?: Clock },
): Promise<RunningAuthority> {
  const { issuer, policy, token, listen, trustDomain } = configuration
  const ca = await loadCertificateAuthority(configuration.ca, clock)
  if (ca.trustDomain !== trustDomain) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `The CA in ${configuration.ca} is of trust domain ${ca.trustDomain}, the configuration of ${trustDomain}.`,
    )
  }
  return startAuthority({ ca, issuer, policy, ttlSeconds: token.ttlSeconds, listen, logger, clock })
}
