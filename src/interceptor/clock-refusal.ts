import { AuthError, type AuthErrorCode } from '../core/errors.ts'
import { describeClock } from '../trust/clock-comparison.ts'
import type { TrustState } from '../trust/trust-state.ts'

/** Refusals for which this service's clock may be to blame. */
const BY_THE_CLOCK: ReadonlySet<AuthErrorCode> = new Set(['TOKEN_EXPIRED', 'TOKEN_NOT_YET_VALID'])

/** A token's refusal, which names this service's clock where that is known to be wrong. Anything else as it is. */
export function nameClock<Thrown>(error: Thrown, { clockAheadMs }: TrustState): Thrown | AuthError {
  if (!(error instanceof AuthError) || !BY_THE_CLOCK.has(error.code)) return error
  const clock = describeClock(clockAheadMs)
  if (clock === undefined) return error
  const { code, message, details, logDetail } = error
  return new AuthError(code, `${message} The reason may be that ${clock}.`, {
    details,
    logDetail: logDetail === undefined ? clock : `${logDetail}; ${clock}`,
  })
}
