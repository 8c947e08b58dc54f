import { TrustFeed } from '../client/trust-feed.ts'
import type { Address } from '../core/address.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { createLogger, type Logger } from '../core/logger.ts'
import type { Credential } from '../identity/credential.ts'
import { loadCredential } from '../identity/credential-files.ts'
import { parseServicePath } from '../identity/service-id.ts'
import { TrustState } from '../trust/trust-state.ts'
import { readEnvironment } from './environment.ts'
import { warnOfExpiry } from './expiry-warning.ts'
import { Generation } from './generation.ts'
import { checkTrustBounds, type TrustBounds } from './trust-bounds.ts'
import { Workload } from './workload.ts'

export interface JoinMeshOptions extends TrustBounds {
  /** The service's path: `orders`. */
  readonly service: string
  /** Where authorities answer, as host:port, separated by commas. Default: COUNTERSIGN_AUTHORITY. */
  readonly authority?: string
  /** The directory with `orders.pem`, `orders.key` and `bundle.pem`. Default: COUNTERSIGN_CREDENTIALS. */
  readonly credentials?: string
  /** Default: pino, as JSON lines on standard output. */
  readonly logger?: Logger
  readonly clock?: Clock
}

/**
 * Makes this process a service of the mesh. Resolves once it knows whose tokens to accept.
 * @throws AuthError REQUEST_INVALID, CONFIGURATION_INVALID, CERTIFICATE_EXPIRED, AUTHORITY_UNAVAILABLE
 */
export async function joinMesh(options: JoinMeshOptions): Promise<Workload> {
  const { service, clock = systemClock, logger = createLogger(service) } = options
  const { authorities, credentials } = readEnvironment(options)
  const bounds = checkTrustBounds(options)
  const credential = await loadCredential(credentials, parseServicePath(service), clock)
  return joinWith(credential, { authorities, logger, clock, ...bounds })
}

export interface JoinOptions extends TrustBounds {
  readonly authorities: readonly Address[]
  readonly logger: Logger
  readonly clock: Clock
}

const READY_TIMEOUT_MS = 10_000

/**
 * Joins the mesh with a credential from anywhere.
 * @throws AuthError AUTHORITY_UNAVAILABLE, CONFIGURATION_INVALID
 */
export async function joinWith(credential: Credential, options: JoinOptions): Promise<Workload> {
  const { authorities, logger, clock } = options
  const trust = new TrustState({ credential, logger, clock, ...checkTrustBounds(options) })
  const generation = new Generation({ credential, authorities, trust, logger, clock })
  const feed = new TrustFeed({ authorities: generation.authorities.clients, trust, logger, clock })
  const endWarnings = warnOfExpiry(credential, logger, clock)
  const leave = () => {
    endWarnings()
    feed.stop()
  }
  const workload = new Workload({ generation, trust, logger, clock, leave })
  try {
    await feed.ready(READY_TIMEOUT_MS)
    return workload
  } catch (error) {
    await workload.close()
    throw error
  }
}
