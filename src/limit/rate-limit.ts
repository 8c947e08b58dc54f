import { BoundedMap } from '../core/bounded-map.ts'
import type { Clock } from '../core/clock.ts'

export interface RateLimitOptions {
  /** How many may come at once: at least 1. */
  readonly burst: number
  /** How many come in the long run. */
  readonly perSecond: number
  /** How many keys are remembered: beyond that, those that have not come for longest are forgotten. */
  readonly maxKeys: number
  /** Milliseconds, never set back. */
  readonly clock: Clock
}

/**
 * Limits how often something happens, for each key by itself and in this process: the generic cell rate algorithm,
 * which keeps one number for a key (ITU-T I.371, virtual scheduling).
 */
export class RateLimit {
  readonly #intervalMs: number
  readonly #toleranceMs: number
  readonly #clock: Clock
  /** When each key would come next if it came evenly. */
  readonly #expected: BoundedMap<number>

  constructor({ burst, perSecond, maxKeys, clock }: RateLimitOptions) {
    this.#intervalMs = 1000 / perSecond
    this.#toleranceMs = (burst - 1) * this.#intervalMs
    this.#expected = new BoundedMap({ maxEntries: maxKeys })
    this.#clock = clock
  }

  /** How long until a key may come again, in milliseconds: 0 where it may now. */
  waitMs(key: string): number {
    const expected = this.#expected.get(key)
    return expected === undefined ? 0 : Math.max(expected - this.#toleranceMs - this.#clock(), 0)
  }

  /** Counts one for a key, whether it may come or not. */
  charge(key: string): void {
    const now = this.#clock()
    const expected = Math.max(this.#expected.get(key) ?? now, now)
    this.#expected.set(key, expected + this.#intervalMs)
  }
}
