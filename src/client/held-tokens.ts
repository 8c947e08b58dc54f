import type { Clock } from '../core/clock.ts'
import type { TrustHead } from '../trust/trust-state.ts'
import type { IssuedToken } from './authority-client.ts'

/** A token is not used in its last half minute, or in the last half of a shorter life: calls take time, clocks differ. */
const MARGIN_MS = 30_000

/** A caller may ask for any number of scope sets; what it comes back to is few. A token takes up to 6 KiB. */
const MAX_TOKENS = 500

/** A token in use. Times are milliseconds since 1970, by this process's clock. */
export interface HeldToken {
  readonly token: string
  readonly useUntil: number
  /** From when on a use of the token starts the fetch of its successor. */
  refreshAt: number
  /** When it was fetched in the place of a token that had been refused; `undefined` for any other. */
  readonly replacedAt: number | undefined
  /** What was trusted when the token was asked for, or last found good. */
  head: TrustHead | undefined
}

/** When an issued token may be used. */
export function useUntil({ expiresAt, lifetimeMs }: IssuedToken): number {
  return expiresAt - Math.min(MARGIN_MS, lifetimeMs / 2)
}

/**
 * A time in the second half of the time from `from` to `until`, with a tenth left over for the fetch: at random, so
 * that services that started together do not come back together. It is spread over at least 20 % of a token's life,
 * at least half of which it may be used.
 */
export function refreshTime(from: number, until: number, random: () => number): number {
  return from + (until - from) * (0.5 + 0.4 * random())
}

/** Tokens by what they are for, up to a number of them. */
export class HeldTokens {
  readonly #tokens = new Map<string, HeldToken>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  find(key: string): HeldToken | undefined {
    return this.#tokens.get(key)
  }

  /** Drops those that have expired, and where there are too many the one that was fetched first. */
  put(key: string, token: HeldToken): void {
    const now = this.#clock()
    for (const [other, { useUntil }] of this.#tokens) if (useUntil <= now) this.#tokens.delete(other)
    this.#tokens.delete(key)
    this.#tokens.set(key, token)
    const [first] = this.#tokens.keys()
    if (this.#tokens.size > MAX_TOKENS && first !== undefined) this.#tokens.delete(first)
  }
}
