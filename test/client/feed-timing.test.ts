import { beforeEach, describe, expect, test } from 'vitest'
import { FeedTiming, type HeartbeatTiming } from '../../src/client/feed-timing.ts'

/** The authority's clock is a minute behind that of this process, and neither is right. */
const THERE = 1_000_000
const BEHIND = 60_000

let now: number
let monotonic: number
let timing: FeedTiming

beforeEach(() => {
  now = THERE + BEHIND
  monotonic = 5
  timing = new FeedTiming(
    () => now,
    () => monotonic,
  )
})

function pass(milliseconds: number): void {
  now += milliseconds
  monotonic += milliseconds
}

/** A heartbeat that comes now, and was sent some time after the stream was opened. */
function hear(sentAfterMs: number, readBeforeMs = 0): HeartbeatTiming {
  const measured = timing.measure(sentAfter(sentAfterMs, readBeforeMs))
  if (measured === undefined) throw new Error('The clock of the authority was taken to have been set.')
  return measured
}

const sentAfter = (sentAfterMs: number, readBeforeMs = 0) => ({
  sentAtMs: THERE + sentAfterMs,
  readAtMs: THERE + sentAfterMs - readBeforeMs,
})

describe('the age of a heartbeat', () => {
  test('is how long ago the log was read, whatever the clocks show', () => {
    pass(10)
    expect(hear(5, 300)).toMatchObject({ ageMs: 310, delayMs: 10 })
    pass(5_000)
    expect(hear(5_005, 700)).toMatchObject({ ageMs: 710, delayMs: 10 })
  })

  test('grows with the delay', () => {
    pass(10)
    hear(5)
    pass(5_000 + 4_000)
    expect(hear(5_005, 100)).toMatchObject({ delayMs: 4_010, ageMs: 4_110 })
    pass(5_000 + 20_000)
    expect(hear(10_005, 100)).toMatchObject({ delayMs: 24_010, ageMs: 24_110 })
  })

  test('counts a first one that was delayed as sent when the stream was opened, since it may have been', () => {
    pass(8_000)
    expect(hear(5)).toMatchObject({ delayMs: 8_000, ageMs: 8_000 })
    pass(5_000)
    expect(hear(5_005)).toMatchObject({ delayMs: 8_000 })
  })

  test('is the time that a machine slept, of which the monotonic clock knows nothing', () => {
    pass(10)
    hear(5)
    now += 3_600_000
    expect(hear(1_005).ageMs).toBeGreaterThanOrEqual(3_599_000)
  })

  test('counts by the monotonic clock where the clock of this process was set back', () => {
    pass(10)
    hear(5)
    monotonic += 20_000
    now -= 3_600_000
    expect(hear(5_005)).toMatchObject({ delayMs: 15_010 })
  })

  test('is higher, not lower, where the clock of the authority was set back', () => {
    pass(10)
    hear(5)
    pass(5_000)
    expect(hear(5_005 - 9_000)).toMatchObject({ ageMs: 9_010 })
    pass(5_000)
    // Between reading and sending: the log was not read in the future.
    expect(timing.measure({ readAtMs: THERE + 10_000, sentAtMs: THERE + 1_000 })?.ageMs).toBeGreaterThan(9_000)
  })

  test('is not told any more where the clock of the authority was set ahead: that may hide a delay', () => {
    pass(10)
    hear(5)
    pass(5_000)
    expect(timing.measure(sentAfter(5_005 + 9_000))).toBeUndefined()
  })

  test('is at least the delay of the first where the clock of the authority runs faster', () => {
    pass(30)
    hear(5)
    for (let sentAfterMs = 5_055; sentAfterMs < 1_000_000; sentAfterMs += 5_050) {
      pass(5_000)
      const { delayMs } = hear(sentAfterMs)
      expect(delayMs).toBeGreaterThanOrEqual(0)
      expect(delayMs).toBeLessThanOrEqual(30)
    }
    pass(5_000 + 7_000)
    expect(hear(1_000_000).delayMs).toBeGreaterThanOrEqual(6_000)
  })
})

describe('the skew', () => {
  test('is how far the clock of this process is ahead', () => {
    pass(10)
    expect(hear(5)).toMatchObject({ clockAheadMs: BEHIND + 5 })
    now -= 2 * BEHIND
    monotonic += 5_000
    expect(hear(5_005)).toMatchObject({ clockAheadMs: -BEHIND - 4_995 })
  })

  test('is not told by a heartbeat that was delayed', () => {
    pass(10)
    hear(5)
    pass(5_000 + 3_000)
    expect(hear(5_005).clockAheadMs).toBeUndefined()
  })
})
