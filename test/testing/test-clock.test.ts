import { describe, expect, test } from 'vitest'
import { callAt } from '../../src/core/timer.ts'
import { createTestClock } from '../../src/testing/test-clock.ts'

const START = Date.UTC(2030, 0, 1)

describe('a test clock', () => {
  test('begins now, or when it is told, and stands still', async () => {
    const before = Date.now()
    const clock = createTestClock()
    expect(clock()).toBeGreaterThanOrEqual(before)
    expect(clock()).toBeLessThanOrEqual(Date.now())
    const shown = clock()
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(clock()).toBe(shown)
    expect(createTestClock(START)()).toBe(START)
  })

  test('is moved by a span, or to a time, which may be an earlier one', () => {
    const clock = createTestClock(START)
    clock.advance(1000)
    clock.advance(0)
    expect(clock()).toBe(START + 1000)
    clock.set(START - 1000)
    expect(clock()).toBe(START - 1000)
  })

  test('cannot be moved by what is no time', () => {
    const clock = createTestClock(START)
    for (const milliseconds of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => clock.advance(milliseconds), String(milliseconds)).toThrow(TypeError)
    }
    for (const time of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => clock.set(time), String(time)).toThrow(TypeError)
      expect(() => createTestClock(time), String(time)).toThrow(TypeError)
    }
    expect(clock()).toBe(START)
  })

  test('lets what waits for a time happen before its move ends, and nothing that waits for a later one', () => {
    const clock = createTestClock(START)
    const happened: string[] = []
    for (const seconds of [3, 1, 2]) callAt(START + seconds * 1000, clock, () => happened.push(`${seconds} s`))
    clock.advance(999)
    expect(happened).toEqual([])
    clock.advance(1)
    expect(happened).toEqual(['1 s'])
    clock.set(START + 60_000)
    expect(happened).toEqual(['1 s', '3 s', '2 s'])
    clock.advance(60_000)
    expect(happened).toHaveLength(3)
  })

  test('lets nothing happen that was cancelled, also not by what the same move lets happen', () => {
    const clock = createTestClock(START)
    const happened: string[] = []
    callAt(START + 1000, clock, () => cancel())
    const cancel = callAt(START + 1000, clock, () => happened.push('cancelled'))
    clock.advance(1000)
    expect(happened).toEqual([])
  })
})
