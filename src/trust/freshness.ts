import type { Clock } from '../core/clock.ts'

/** How old what a verifier knows may be. Ages are in milliseconds. */
export type Freshness =
  /** Nothing is known yet. */
  | { readonly state: 'empty' }
  /** An authority has vouched within the last heartbeats that nothing is newer. */
  | { readonly state: 'fresh'; readonly ageMs: number }
  /** None has for longer, as in an outage; what is known is still gone by. */
  | { readonly state: 'stale'; readonly ageMs: number }
  /** For too long: whoever goes by it may let pass what was revoked meanwhile. */
  | { readonly state: 'dead'; readonly ageMs: number }

/** How often an authority vouches. */
export const HEARTBEAT_MS = 5_000

/** Two heartbeats may be lost, or late. */
export const FRESH_MS = 3 * HEARTBEAT_MS

/** How long it has been since an authority vouched, by two clocks of which one may be set and the other may stand still. */
export class Age {
  readonly #clock: Clock
  readonly #monotonic: Clock
  #wallAt: number
  #monotonicAt: number

  /** @param ageMs how old it is already */
  constructor(ageMs: number, clock: Clock, monotonic: Clock) {
    this.#clock = clock
    this.#monotonic = monotonic
    this.#wallAt = clock() - ageMs
    this.#monotonicAt = monotonic() - ageMs
  }

  /** The higher of the two: a machine that sleeps stops the one, a clock that is set back sets back the other. */
  get milliseconds(): number {
    return Math.max(this.#clock() - this.#wallAt, this.#monotonic() - this.#monotonicAt)
  }
}

export function freshnessOf(age: Age | undefined, maxStalenessMs: number): Freshness {
  if (age === undefined) return { state: 'empty' }
  const ageMs = age.milliseconds
  if (ageMs > maxStalenessMs) return { state: 'dead', ageMs }
  return { state: ageMs <= FRESH_MS ? 'fresh' : 'stale', ageMs }
}
