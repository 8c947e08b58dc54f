import { describe, expect, test } from 'vitest'
import { compareRevisions, formatRevision } from '../../src/trust/revision.ts'

describe('a revision', () => {
  test('is ordered by its epoch, then by its sequence', () => {
    const ordered = [
      { epoch: 1, sequence: 2 },
      { epoch: 1, sequence: 10 },
      { epoch: 2, sequence: 1 },
    ]
    expect(ordered.toReversed().sort(compareRevisions)).toEqual(ordered)
    expect(compareRevisions({ epoch: 3, sequence: 4 }, { epoch: 3, sequence: 4 })).toBe(0)
  })

  test('is written as both', () => {
    expect(formatRevision({ epoch: 1, sequence: 42 })).toBe('1.42')
  })
})
