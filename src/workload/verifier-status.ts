import type { TrustFreshness } from '../gen/countersign/v1/TrustFreshness.ts'
import type { Handlers } from '../interceptor/service-types.ts'
import { VerifierService } from '../transport/authority-protos.ts'
import type { Freshness } from '../trust/freshness.ts'
import type { TrustState } from '../trust/trust-state.ts'

/** It tells what is wrong, while nothing else is answered. */
export const ANSWERED_WITHOUT_TRUST: ReadonlySet<string> = new Set([VerifierService.service.Status.path])

const FRESHNESS: Readonly<Record<Freshness['state'], TrustFreshness>> = {
  empty: 'TRUST_FRESHNESS_UNSPECIFIED',
  fresh: 'TRUST_FRESHNESS_FRESH',
  stale: 'TRUST_FRESHNESS_STALE',
  dead: 'TRUST_FRESHNESS_DEAD',
}

/** `countersign.v1.VerifierService`: what a service knows of what to trust, for operators. */
export function verifierHandlers(trust: TrustState): Handlers<typeof VerifierService> {
  return {
    async status() {
      const { freshness, revision, current, entryCount, clockAheadMs } = trust
      return {
        freshness: FRESHNESS[freshness.state],
        keys: current?.keys.size ?? 0,
        entries: entryCount,
        ...(revision !== undefined && { revision }),
        ...(freshness.state !== 'empty' && { ageMs: Math.max(0, Math.round(freshness.ageMs)) }),
        ...(clockAheadMs !== undefined && { clockAheadMs: Math.round(clockAheadMs) }),
      }
    },
  }
}
