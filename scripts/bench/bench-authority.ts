import type { Logger } from 'countersign'
import { parseGrantPolicy } from '../../src/access/grant-policy.ts'
import type { CertificateAuthority } from '../../src/ca/certificate-authority.ts'
import { systemClock } from '../../src/core/clock.ts'
import { type RunningAuthority, startAuthority } from '../../src/server/start-authority.ts'
import type { Store } from '../../src/store/store.ts'
import { ISSUER } from './bench-ca.ts'

export interface BenchAuthorityOptions {
  readonly ca: CertificateAuthority
  readonly store: Store
  /** The text of a `policy.yaml`. */
  readonly policy: string
  readonly ttlSeconds?: number
  readonly logger: Logger
}

/** The real authority, on a free port. */
export function startBenchAuthority(options: BenchAuthorityOptions): Promise<RunningAuthority> {
  const { ca, store, policy, ttlSeconds = 300, logger } = options
  return startAuthority({
    loadCa: async () => ca,
    issuer: ISSUER,
    policy: parseGrantPolicy(policy, 'policy.yaml'),
    ttlSeconds,
    listen: { grpc: { host: 'localhost', port: 0 } },
    trustLog: store.trustLog,
    revocations: store.revocations,
    logger,
    clock: systemClock,
  })
}
