import type { Clock } from '../../src/core/clock.ts'

export interface StandingClock {
  readonly clock: Clock
  moveTo(time: number): void
}

/** A clock that stands until it is moved. A timer that waits for a time close by notices soon. */
export function standingClock(time = Date.now()): StandingClock {
  let now = time
  return {
    clock: () => now,
    moveTo(next) {
      now = next
    },
  }
}
