import type { Clock } from '../core/clock.ts'
import { Age } from '../trust/freshness.ts'

/** When an authority read its log and when it sent that, by its own clock: milliseconds since 1970. */
export interface SentTimes {
  readonly readAtMs: number
  readonly sentAtMs: number
}

/** What a heartbeat is worth. */
export interface HeartbeatTiming {
  /** How long ago the authority read its log: the truth, or more. */
  readonly ageMs: number
  /** How long the heartbeat was under way: the truth, or more. */
  readonly delayMs: number
  /** How far this process's clock is ahead of the authority's; `undefined` where the delay hides it. */
  readonly clockAheadMs: number | undefined
}

/** How far two clocks may drift apart while a stream lives, or be corrected without a step. */
const MAX_DRIFT_MS = 1_000

/** A delay adds to what one clock seems to be behind the other. */
const MAX_SKEW_ERROR_MS = 2_000

/**
 * How old heartbeats are, on one stream. The clocks of the two ends are not compared: between two heartbeats as much time
 * passes there as here, unless the later one was delayed. What that leaves open is how long the first was under way, which
 * can be no longer than the stream had been open by then. All of this is counted as delay, so that heartbeats seem older
 * than they are, by at most the time that opening the stream took, and not younger. An authority's clock that is set back
 * makes them older still. One that is set ahead could hide a delay of as much, so that nothing more is told on its stream.
 */
export class FeedTiming {
  readonly #clock: Clock
  readonly #sinceOpened: Age
  /** The authority's clock when the stream was opened, or later. */
  #openedAtMs: number | undefined
  #firstDelayMs = 0

  /** Made when the stream is opened. */
  constructor(clock: Clock, monotonic: Clock) {
    this.#clock = clock
    this.#sinceOpened = new Age(0, clock, monotonic)
  }

  /**
   * The timing of a heartbeat that has just come; `undefined` where the authority's clock was set ahead: from then on a
   * delay cannot be told any more on this stream.
   */
  measure({ readAtMs, sentAtMs }: SentTimes): HeartbeatTiming | undefined {
    const hereMs = this.#sinceOpened.milliseconds
    if (this.#openedAtMs === undefined) {
      this.#openedAtMs = sentAtMs
      this.#firstDelayMs = hereMs
    }
    let delayMs = hereMs - (sentAtMs - this.#openedAtMs)
    if (delayMs < -MAX_DRIFT_MS) return undefined
    if (delayMs < 0) {
      // It came sooner than anything can: its clock runs faster. Counted anew, as of a first one.
      delayMs = this.#firstDelayMs
      this.#openedAtMs = sentAtMs - hereMs + delayMs
    }
    return {
      delayMs,
      // A clock that was set back between the two has not read the log in the future.
      ageMs: delayMs + Math.max(0, sentAtMs - readAtMs),
      clockAheadMs: delayMs > MAX_SKEW_ERROR_MS ? undefined : this.#clock() - sentAtMs,
    }
  }
}
