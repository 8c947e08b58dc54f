const FIRST_WAIT_MS = 200
const LAST_WAIT_MS = 5_000

/**
 * How long to leave alone what has just failed: at most 200 ms, twice as long after each further failure, at most 5 s.
 * Each wait is spread over its upper half, so that those who failed together do not come back together.
 */
export class Backoff {
  readonly #random: () => number
  #failures = 0

  /** @param random from 0 to 1, exclusively */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** Counts one more failure. Returns the milliseconds to wait. */
  next(): number {
    const longest = Math.min(FIRST_WAIT_MS * 2 ** this.#failures, LAST_WAIT_MS)
    this.#failures += 1
    return longest * (0.5 + this.#random() / 2)
  }

  /** It works again. Returns how often it had failed. */
  reset(): number {
    const failures = this.#failures
    this.#failures = 0
    return failures
  }
}
