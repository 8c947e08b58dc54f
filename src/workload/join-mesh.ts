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
import { Workload } from './workload.ts'

export interface JoinMeshOptions {
  /** The service's path: `orders`. */
  readonly service: string
  /** Where the authority answers, as host:port. Default: COUNTERSIGN_AUTHORITY. */
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
  const { authority, credentials } = readEnvironment(options)
  const credential = await loadCredential(credentials, parseServicePath(service), clock)
  return joinWith(credential, { authority, logger, clock })
}

export interface JoinOptions {
  readonly authority: Address
  readonly logger: Logger
  readonly clock: Clock
}

const READY_TIMEOUT_MS = 10_000

/**
 * Joins the mesh with a credential from anywhere.
 * @throws AuthError AUTHORITY_UNAVAILABLE
 */
export async function joinWith(credential: Credential, { authority, logger, clock }: JoinOptions): Promise<Workload> {
  const trust = new TrustState()
  const generation = new Generation(credential, authority, trust, logger, clock)
  const feed = new TrustFeed({ watch: () => generation.authority.watchTrust(), trust, logger })
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
