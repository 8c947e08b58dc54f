import { expect, test } from 'vitest'
import { durationInWords, validityOf } from '../../../src/ca/inspection/validity.ts'

const HOUR_MS = 3_600_000

test('a duration is told in the greatest unit of which there are two, rounded down', () => {
  const cases: [milliseconds: number, words: string][] = [
    [0, '0 seconds'],
    [999, '0 seconds'],
    [1000, '1 second'],
    [119_999, '119 seconds'],
    [120_000, '2 minutes'],
    [2 * HOUR_MS - 1, '119 minutes'],
    [2 * HOUR_MS, '2 hours'],
    [48 * HOUR_MS - 1, '47 hours'],
    [48 * HOUR_MS, '2 days'],
    [3650 * 24 * HOUR_MS, '3650 days'],
  ]
  for (const [milliseconds, words] of cases) expect(durationInWords(milliseconds), words).toBe(words)
})

test('what is valid says for how long, its first and last moment included', () => {
  const period = { notBefore: 0, notAfter: 5 * HOUR_MS }
  expect(validityOf(period, 0)).toEqual({ words: 'for 5 hours more', problem: undefined })
  expect(validityOf(period, 5 * HOUR_MS)).toEqual({ words: 'for 0 seconds more', problem: undefined })
  expect(validityOf({ notBefore: 0, notAfter: undefined }, 5)).toEqual({ words: 'without end', problem: undefined })
})

test('what is not valid says since when, or from when', () => {
  const period = { notBefore: 0, notAfter: 5 * HOUR_MS }
  const expired = 'it expired 3 hours ago'
  expect(validityOf(period, 8 * HOUR_MS)).toEqual({ words: expired, problem: expired })
  const early = validityOf(period, -3 * HOUR_MS)
  expect(early).toEqual({
    words: 'it begins in 3 hours',
    problem: "it begins in 3 hours: compare this machine's clock",
  })
})
