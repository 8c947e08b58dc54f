import { AuthError } from '../core/errors.ts'
import { FRESH_MS } from '../trust/freshness.ts'

/** How long a service goes by what it knows while it hears of no authority. */
export interface TrustBounds {
  /**
   * For how long, in milliseconds: at least 15 s, at most a day. From then on calls are refused (VERIFIER_NOT_READY) until
   * an authority is heard again. It is how long something that is revoked may still pass at a service which is cut off; and
   * how long the service outlives all authorities. Default: 5 minutes.
   */
  readonly maxStalenessMs?: number
  /**
   * For ever: a service that is cut off lets pass what has been revoked since, until it is heard of again. For services
   * whose failure does more harm than a revoked caller. Default: `false`.
   */
  readonly dangerouslyTrustForever?: boolean
}

const DAY_MS = 24 * 60 * 60_000

/** @throws AuthError CONFIGURATION_INVALID */
export function checkTrustBounds({ maxStalenessMs, dangerouslyTrustForever }: TrustBounds): TrustBounds {
  if (dangerouslyTrustForever !== undefined && typeof dangerouslyTrustForever !== 'boolean') {
    throw invalid('dangerouslyTrustForever', 'true or false', dangerouslyTrustForever)
  }
  if (maxStalenessMs !== undefined && !isBetween(FRESH_MS, maxStalenessMs, DAY_MS)) {
    throw invalid('maxStalenessMs', `a number of milliseconds from ${FRESH_MS} to ${DAY_MS}`, maxStalenessMs)
  }
  return {
    ...(maxStalenessMs !== undefined && { maxStalenessMs }),
    ...(dangerouslyTrustForever !== undefined && { dangerouslyTrustForever }),
  }
}

function isBetween(least: number, value: unknown, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}

function invalid(name: string, expected: string, given: unknown): AuthError {
  return new AuthError('CONFIGURATION_INVALID', `${name} must be ${expected}, not ${String(given)}.`)
}
