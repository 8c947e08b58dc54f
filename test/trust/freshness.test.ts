import { describe, expect, test } from 'vitest'
import { Age, FRESH_MS, freshnessOf } from '../../src/trust/freshness.ts'

function clocks() {
  const times = { wall: 1_000_000, monotonic: 50 }
  const ageOf = (milliseconds: number) =>
    new Age(
      milliseconds,
      () => times.wall,
      () => times.monotonic,
    )
  return { times, ageOf }
}

describe('an age', () => {
  test('begins with what it is given, and grows with time', () => {
    const { times, ageOf } = clocks()
    const age = ageOf(40)
    expect(age.milliseconds).toBe(40)
    times.wall += 100
    times.monotonic += 100
    expect(age.milliseconds).toBe(140)
  })

  test('is not made younger by a clock that is set back, nor by a machine that sleeps', () => {
    const { times, ageOf } = clocks()
    const age = ageOf(0)
    times.monotonic += 5_000
    times.wall -= 3_600_000
    expect(age.milliseconds).toBe(5_000)
    times.wall += 2 * 3_600_000
    expect(age.milliseconds).toBe(3_600_000)
  })
})

describe('freshness', () => {
  test('is fresh for three heartbeats, stale up to the bound, and dead from then on', () => {
    const maxStalenessMs = 300_000
    const { ageOf } = clocks()
    const cases = [
      [0, 'fresh'],
      [FRESH_MS, 'fresh'],
      [FRESH_MS + 1, 'stale'],
      [maxStalenessMs, 'stale'],
      [maxStalenessMs + 1, 'dead'],
    ] as const
    for (const [ageMs, state] of cases) expect(freshnessOf(ageOf(ageMs), maxStalenessMs)).toEqual({ state, ageMs })
    expect(freshnessOf(undefined, maxStalenessMs)).toEqual({ state: 'empty' })
  })

  test('of a bound that is shorter than three heartbeats ends with the bound', () => {
    const { ageOf } = clocks()
    expect(freshnessOf(ageOf(10_000), 10_000).state).toBe('fresh')
    expect(freshnessOf(ageOf(10_001), 10_000).state).toBe('dead')
  })
})
