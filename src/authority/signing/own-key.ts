import { toEpochSeconds } from '../../core/clock.ts'
import type { Credential } from '../../identity/credential.ts'
import type { SigningKey } from '../../token/signing-key.ts'
import type { TrustHead } from '../../trust/trust-state.ts'

/** How long the tokens of an authority's keys live, and the keys themselves. */
export interface KeyTimes {
  /** The longest life of a token. */
  readonly ttlSeconds: number
  /** How long a key signs before the next takes its place. */
  readonly rotationSeconds: number
}

/** Verifiers hear of a key before it signs: how long before, where nothing presses. */
const LEAD_SECONDS = 5

/** For clocks that differ, and what takes its time. */
const ROOM_SECONDS = 60

export function leadMsOf({ rotationSeconds }: KeyTimes): number {
  return Math.min(LEAD_SECONDS, rotationSeconds / 2) * 1000
}

/** By when every token has expired that is signed until `now`, in milliseconds: whole seconds since 1970. */
export function lastExpiry({ ttlSeconds }: KeyTimes, now: number): number {
  return toEpochSeconds(now) + ttlSeconds + ROOM_SECONDS
}

/** When a key is to end that is made now: no later than the certificate that vouches for it. */
export function expiryOf(times: KeyTimes, { notAfter }: Credential, now: number): number {
  const signsUntil = now + times.rotationSeconds * 1000 + leadMsOf(times)
  return Math.min(Math.ceil(lastExpiry(times, signsUntil)), toEpochSeconds(notAfter))
}

/** A key that this process has published, and what has become of it. */
export class OwnKey {
  readonly signingKey: SigningKey
  /** Milliseconds since 1970. */
  readonly #createdAt: number
  readonly #times: KeyTimes
  /** Whole seconds since 1970: no token that it signs lives longer. */
  #expiresAt: number
  #state: 'published' | 'known' | 'shortened' | 'revoked' = 'published'

  constructor(signingKey: SigningKey, expiresAt: number, { now, times }: { now: number; times: KeyTimes }) {
    this.signingKey = signingKey
    this.#expiresAt = expiresAt
    this.#createdAt = now
    this.#times = times
  }

  get keyId(): string {
    return this.signingKey.verificationKey.keyId
  }

  get expiresAt(): number {
    return this.#expiresAt
  }

  get isRevoked(): boolean {
    return this.#state === 'revoked'
  }

  /** Whether somebody else has published it with an earlier end. */
  get isShortened(): boolean {
    return this.#state === 'shortened'
  }

  /** Compares with what verifiers go by. */
  compare({ keys }: Pick<TrustHead, 'keys'>): void {
    const published = keys.get(this.keyId)
    if (published === undefined) {
      // One that is not known yet is no more than late.
      if (this.#state !== 'published') this.#state = 'revoked'
    } else if (published.expiresAt < this.#expiresAt) {
      this.#expiresAt = published.expiresAt
      this.#state = 'shortened'
    } else if (this.#state === 'published') this.#state = 'known'
  }

  maySign(now: number): boolean {
    return this.#state !== 'revoked' && toEpochSeconds(now) < this.#expiresAt
  }

  /** Whether it is time for the next, which would expire at `nextExpiry`. */
  isDue(now: number, nextExpiry: number): boolean {
    const { rotationSeconds } = this.#times
    if (now >= this.#createdAt + rotationSeconds * 1000) return true
    // With the certificate that ends soon the next key would end as soon: it waits for the certificate's renewal.
    if (nextExpiry < this.#expiresAt + Math.min(rotationSeconds, ROOM_SECONDS)) return false
    return lastExpiry(this.#times, now + leadMsOf(this.#times)) >= this.#expiresAt
  }
}
