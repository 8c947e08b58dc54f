import { toEpochSeconds } from '../../core/clock.ts'
import type { Credential } from '../../identity/credential.ts'
import type { KeyPublication } from '../../trust/change.ts'
import { type PublishedKey, publishKey } from '../../trust/published-key.ts'
import type { TrustState } from '../../trust/trust-state.ts'
import { certificateOf } from './certificate-of.ts'
import { type KeyTimes, lastExpiry } from './own-key.ts'

export interface RetirementOptions extends KeyTimes {
  readonly issuer: string
  readonly credential: Credential
  /** This process's own. */
  readonly trust: TrustState
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * Lets the keys of processes before this one end once the last of their tokens has expired. Each authority process has an
 * intermediate of its own: whoever had it before is gone.
 * @param keyId that of this process, which is no predecessor
 */
export function retirePredecessors(keyId: string, options: RetirementOptions): readonly KeyPublication[] {
  const { issuer, credential, trust } = options
  const { issuerKeyId } = certificateOf(credential)
  return [...(trust.current?.keys.values() ?? [])]
    .filter(({ publishers }) => publishers[0]?.issuerKeyId === issuerKeyId)
    .filter((key) => key.keyId !== keyId)
    .map((key) => ({ ...key, endsAt: endOf(key, options) }))
    .filter(({ expiresAt, endsAt }) => expiresAt > endsAt)
    .map(({ key, tokenSeconds, endsAt }) => publishKey({ issuer, key, tokenSeconds, expiresAt: endsAt }, credential))
}

/** Its tokens may live longer than those of this process: configurations change between two starts. */
function endOf({ tokenSeconds }: PublishedKey, { credential, now, ...times }: RetirementOptions): number {
  return Math.min(lastExpiry({ ...times, ttlSeconds: tokenSeconds }, now), toEpochSeconds(credential.notAfter))
}
