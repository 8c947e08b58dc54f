import { describe, expect, test } from 'vitest'
import { checkTrustBounds } from '../../src/workload/trust-bounds.ts'
import { refusalOf } from '../support/refusal.ts'

describe('how long a service goes by what it knows', () => {
  test('may be from fifteen seconds to a day, or for ever', () => {
    for (const maxStalenessMs of [15_000, 300_000, 86_400_000]) {
      expect(checkTrustBounds({ maxStalenessMs })).toEqual({ maxStalenessMs })
    }
    for (const dangerouslyTrustForever of [true, false]) {
      expect(checkTrustBounds({ dangerouslyTrustForever })).toEqual({ dangerouslyTrustForever })
    }
    expect(checkTrustBounds({})).toEqual({})
  })

  test('is not for ever by another name, nor shorter than heartbeats may be late', async () => {
    for (const maxStalenessMs of [0, -1, 14_999, 86_400_001, Number.POSITIVE_INFINITY, Number.NaN, '60000', null]) {
      const { message } = await refusalOf('CONFIGURATION_INVALID', () =>
        checkTrustBounds({ maxStalenessMs } as { maxStalenessMs: number }),
      )
      expect(message).toContain(`15000 to 86400000, not ${maxStalenessMs}`)
    }
  })

  test('is not for ever by a word that is no yes', async () => {
    for (const dangerouslyTrustForever of ['false', 'true', 1, 0, null]) {
      await refusalOf('CONFIGURATION_INVALID', () =>
        checkTrustBounds({ dangerouslyTrustForever } as unknown as { dangerouslyTrustForever: boolean }),
      )
    }
  })
})
