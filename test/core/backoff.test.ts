import { describe, expect, test } from 'vitest'
import { Backoff } from '../../src/core/backoff.ts'

const waits = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.next())

describe('a back-off', () => {
  test('doubles from failure to failure, up to five seconds', () => {
    expect(waits(new Backoff(() => 1), 8)).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000])
  })

  test('stays at five seconds however often it fails', () => {
    expect(waits(new Backoff(() => 1), 2_000).at(-1)).toBe(5_000)
  })

  test('spreads each wait over its upper half', () => {
    expect(waits(new Backoff(() => 0), 3)).toEqual([100, 200, 400])
    expect(waits(new Backoff(() => 0.5), 3)).toEqual([150, 300, 600])
  })

  test('brings those who failed together back at times of their own', () => {
    const times = Array.from({ length: 200 }, () => new Backoff().next())
    expect(Math.min(...times)).toBeGreaterThanOrEqual(100)
    expect(Math.max(...times)).toBeLessThan(200)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(80)
  })

  test('starts over once it works again, and tells how often it had failed', () => {
    const backoff = new Backoff(() => 1)
    expect(backoff.reset()).toBe(0)
    waits(backoff, 4)
    expect(backoff.reset()).toBe(4)
    expect(backoff.next()).toBe(200)
  })
})
