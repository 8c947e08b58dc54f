import { describe, expect, test } from 'vitest'
import { refreshTime, useUntil } from '../../src/client/held-tokens.ts'

const LIVES_MS = [1_000, 40_000, 60_000, 300_000, 3_600_000]
const issued = (lifetimeMs: number) => ({ token: 'token', expiresAt: 1_000_000 + lifetimeMs, lifetimeMs })

describe('useUntil', () => {
  test('leaves the last half minute out, or the last half of a shorter life', () => {
    const times = LIVES_MS.map((life) => useUntil(issued(life)) - 1_000_000)
    expect(times).toEqual([500, 20_000, 30_000, 270_000, 3_570_000])
  })
})

describe('refreshTime', () => {
  test('is spread over at least a fifth of a life, and leaves a tenth of the use for the fetch', () => {
    for (const life of LIVES_MS) {
      const until = useUntil(issued(life))
      const earliest = refreshTime(1_000_000, until, () => 0)
      const latest = refreshTime(1_000_000, until, () => 1)
      expect(earliest - 1_000_000).toBe((until - 1_000_000) / 2)
      expect(until - latest).toBeCloseTo((until - 1_000_000) / 10, 5)
      expect(latest - earliest).toBeGreaterThanOrEqual(life / 5)
    }
  })
})
