import { toEpochSeconds } from '../../core/clock.ts'
import type { Credential } from '../../identity/credential.ts'
import { MAX_LIFETIME_SECONDS } from '../../token/verify.ts'
import type { KeyPublication } from '../../trust/change.ts'
import { publishKey } from '../../trust/published-key.ts'
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
  const { issuer, credential, trust, now } = options
  const { issuerKeyId } = certificateOf(credential)
  // Theirs may have lived for longer than those of this process: configurations change between two starts.
  const lastOfTheirs = lastExpiry({ ...options, ttlSeconds: MAX_LIFETIME_SECONDS }, now)
  const expiresAt = Math.min(lastOfTheirs, toEpochSeconds(credential.notAfter))
  return [...(trust.current?.keys.values() ?? [])]
    .filter(({ publishers }) => publishers[0]?.issuerKeyId === issuerKeyId)
    .filter((key) => key.keyId !== keyId && key.expiresAt > expiresAt)
    .map(({ key }) => publishKey({ issuer, key, expiresAt }, credential))
}
