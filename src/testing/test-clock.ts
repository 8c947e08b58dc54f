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
 * TLS compares certificates with the machine's own clock, which this one cannot move. Certificates of a test CA
 * therefore also hold at the machine's time, as long as that is not more than their 24 hours ahead of the clock's:
 * move a clock into the future, not into the past.
 *
 * @example
 * import assert from 'node:assert/strict'
 * import { createTestClock } from 'countersign/testing'
 *
 * const clock = createTestClock(Date.UTC(2030, 0, 1))
 * clock.advance(60_000)
 * assert.equal(clock(), Date.UTC(2030, 0, 1, 0, 1))
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
      if (!(milliseconds >= 0))
        throw new TypeError('A clock advances by milliseconds, 0 or more. To move it back, set it.')
      set(now + milliseconds)
    },
    subscribe: (listener: () => void) => subscribers.add(listener),
  })
}

function requireNumber(time: number): number {
  if (Number.isFinite(time)) return time
  throw new TypeError('A clock is set to milliseconds since 1970.')
}
