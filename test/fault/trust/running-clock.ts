import { type Clock, systemClock } from '../../../src/core/clock.ts'
import { Subscribers } from '../../../src/core/subscribers.ts'

/** A clock that runs as the machine's does, and can be moved ahead of it. */
export interface RunningClock extends Clock {
  advance(milliseconds: number): void
  subscribe(listener: () => void): () => void
  /** One that is off by so much, and is moved with it. */
  skewed(aheadMs: number): Clock
}

export function createRunningClock(): RunningClock {
  let aheadMs = 0
  const subscribers = new Subscribers<void>()
  const now = () => systemClock() + aheadMs
  const subscribe = (listener: () => void) => subscribers.add(listener)
  return Object.assign(now, {
    subscribe,
    advance(milliseconds: number) {
      aheadMs += milliseconds
      subscribers.publish()
    },
    skewed: (skewMs: number) => Object.assign(() => now() + skewMs, { subscribe }),
  })
}
