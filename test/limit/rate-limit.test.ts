import { beforeEach, describe, expect, test } from 'vitest'
import { RateLimit, type RateLimitOptions } from '../../src/limit/rate-limit.ts'

let now: number

beforeEach(() => {
  now = 5_000
})

function limitOf(options: Partial<RateLimitOptions> = {}): RateLimit {
  return new RateLimit({ burst: 3, perSecond: 2, maxKeys: 100, clock: () => now, ...options })
}

describe('a rate limit', () => {
  test('lets a burst come at once, then as many as fit in the time', () => {
    const limit = limitOf()
    const isAllowed = () => {
      if (limit.waitMs('a') > 0) return false
      limit.charge('a')
      return true
    }
    expect([1, 2, 3, 4].map(isAllowed)).toEqual([true, true, true, false])
    const allowedPerSecond = Array.from({ length: 5 }, () => {
      const allowed = Array.from({ length: 100 }, () => {
        now += 10
        return isAllowed()
      })
      return allowed.filter(Boolean).length
    })
    expect(allowedPerSecond).toEqual([2, 2, 2, 2, 2])
  })

  test('tells how long to wait', () => {
    const limit = limitOf()
    for (let count = 0; count < 3; count += 1) limit.charge('a')
    expect(limit.waitMs('a')).toBe(500)
    now += 499
    expect(limit.waitMs('a')).toBe(1)
    now += 1
    expect(limit.waitMs('a')).toBe(0)
  })

  test('gives the whole burst again after a pause, and never more', () => {
    const limit = limitOf()
    for (let count = 0; count < 3; count += 1) limit.charge('a')
    now += 3_600_000
    for (let count = 0; count < 3; count += 1) {
      expect(limit.waitMs('a')).toBe(0)
      limit.charge('a')
    }
    expect(limit.waitMs('a')).toBe(500)
  })

  test('charges each key by itself', () => {
    const limit = limitOf({ burst: 1 })
    limit.charge('a')
    expect([limit.waitMs('a'), limit.waitMs('b')]).toEqual([500, 0])
  })

  test('remembers a bounded number of keys, those that came last', () => {
    const limit = limitOf({ burst: 1, maxKeys: 4 })
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) limit.charge(key)
    expect(['a', 'b', 'e', 'f'].map((key) => limit.waitMs(key) > 0)).toEqual([false, false, true, true])
  })
})
