import { TrustFeed } from '../client/trust-feed.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { createLogger, type Logger } from '../core/logger.ts'
import { loadCredential } from '../identity/credential-files.ts'
import { parseServicePath } from '../identity/service-id.ts'
import { TrustState } from '../trust/trust-state.ts'
import { readEnvironment } from './environment.ts'
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

const READY_TIMEOUT_MS = 10_000

/**
 * Makes this process a service of the mesh. Resolves once it knows whose tokens to accept.
 * @throws AuthError CONFIGURATION_INVALID, CERTIFICATE_EXPIRED, AUTHORITY_UNAVAILABLE
 */
export async function joinMesh(options: JoinMeshOptions): Promise<Workload> {
  const { service, clock = systemClock, logger = createLogger(service) } = options
  const { authority, credentials } = readEnvironment(options)
  const credential = await loadCredential(credentials, parseServicePath(service), clock)
  const generation = new Generation(credential, authority, clock)
  const trust = new TrustState()
  const feed = new TrustFeed({ watch: () => generation.authority.watchTrust(), trust, logger })
  const workload = new Workload({ generation, trust, logger, clock, leave: () => feed.stop() })
  try {
    await feed.ready(READY_TIMEOUT_MS)
    return workload
  } catch (error) {
    await workload.close()
    throw error
  }
}
