import { describe, expect, test } from 'vitest'
import { ClockComparison, describeClock } from '../../src/trust/clock-comparison.ts'
import { capturingLogger } from '../support/log.ts'
import { trustOfIssuer } from '../support/token.ts'

describe('a clock that is compared with the authority’s', () => {
  test('is warned of once where it goes beyond 30 s, in either direction, and once where it is back', () => {
    const log = capturingLogger()
    const comparison = new ClockComparison(log)
    for (const aheadMs of [0, 30_000, 30_001, 93_000, -30_001, -30_000, 12]) comparison.note(aheadMs)
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', "this service's clock is 30 s ahead of the authority's: good tokens will be refused"],
      ['info', 'clock agrees with the authority again'],
    ])
    expect(comparison.aheadMs).toBe(12)
  })

  test('is named in words only where it is too far off', () => {
    const words = [undefined, 0, -30_000, 30_000, 93_400, -93_400].map(describeClock)
    expect(words).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      "this service's clock is 93 s ahead of the authority's",
      "this service's clock is 93 s behind the authority's",
    ])
  })

  test('is known to the state from whoever vouches, and stays so where nobody measures', () => {
    const trust = trustOfIssuer()
    expect(trust.clockAheadMs).toBeUndefined()
    const revision = { epoch: 1, sequence: 1 }
    trust.vouch(revision, 0, -250)
    trust.vouch(revision, 0)
    expect(trust.clockAheadMs).toBe(-250)
    trust.vouch({ epoch: 1, sequence: 9 }, 0, 40_000)
    expect(trust.clockAheadMs).toBe(40_000)
  })
})
