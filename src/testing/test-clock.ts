import { type Clock, systemClock } from '../core/clock.ts'
import { Subscribers } from '../core/subscribers.ts'

/** A clock that stands still until it is moved. What waits for a time that it then shows happens before the move returns. */
export interface TestClock extends Clock {
  /**
   * Moves it forward.
   * @throws TypeError where `milliseconds` is negative or no number
   */
  advance(milliseconds: number): void
  /**
   * Moves it to a time, in milliseconds since 1970, earlier ones too.
   * @throws TypeError where `time` is no number
   */
  set(time: number): void
  subscribe(listener: () => void): () => void
}

/**
 * A clock that begins at a time, in milliseconds since 1970: by default, now.
 *
 * TLS compares certificates with the machine's own clock, which this one cannot move. A test CA therefore lets its
 * certificates begin at the earlier of both times, and ends them by this clock. So move a clock ahead, up to the eleven
 * months that the CA itself is valid for; not more than six hours into the past, where the authority's certificate has not
 * begun.
 *
 * @example
 * import assert from 'node:assert/strict'
 * import { createTestClock } from 'countersign/testing'
 *
 * const clock = createTestClock()
 * const start = clock()
 * clock.advance(60_000)
 * assert.equal(clock(), start + 60_000)
 */
export function createTestClock(start: number = systemClock()): TestClock {
  let now = requireNumber(start)
  const subscribers = new Subscribers<void>()
  const set = (time: number) => {
    now = requireNumber(time)
    subscribers.publish()
  }
  return Object.assign(() => now, {
    set,
    advance(milliseconds: number) {
      if (milliseconds < 0) throw new TypeError('A clock advances by 0 ms or more. To move it back, set it.')
      set(now + milliseconds)
    },
    subscribe: (listener: () => void) => subscribers.add(listener),
  })
}

function requireNumber(time: number): number {
  if (Number.isFinite(time)) return time
  throw new TypeError('A clock is set to milliseconds since 1970.')
}
