/** The time, in milliseconds since 1970-01-01T00:00:00Z. An argument everywhere, so that tests move it. */
export interface Clock {
  (): number
  /** Of a clock that can be moved: calls `listener` after each move. Returns what ends that. */
  readonly subscribe?: (listener: () => void) => () => void
}

export const systemClock: Clock = () => Date.now()

/** Milliseconds since an arbitrary start, never set back: for measuring, not for expiry. */
export const monotonicClock: Clock = () => performance.now()

/** What measures beside a clock: where time is moved, it is all the time that there is. */
export function monotonicBeside(clock: Clock): Clock {
  return clock.subscribe === undefined ? monotonicClock : clock
}

/** Whole seconds since 1970, as JWT claims count them (RFC 7519 section 2, NumericDate). */
export function toEpochSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}

/** The second in which a time is, in milliseconds since 1970. */
export function wholeSecond(milliseconds: number): number {
  return toEpochSeconds(milliseconds) * 1000
}
