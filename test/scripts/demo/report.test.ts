import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Outcome, Report, type Row } from '../../../scripts/demo/report.ts'

const ALLOWED: Outcome = { outcome: 'allowed', status: 'OK' }
const REFUSED: Outcome = { outcome: 'refused', status: 'UNAUTHENTICATED', reason: 'CREDENTIALS_MISSING' }
const row = (expected: Outcome, actual: Outcome): Row => ({
  caller: 'orders',
  called: 'inventory Reserve',
  expected,
  actual,
  durationMs: 1,
})

let output = ''
beforeEach(() => {
  output = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text)
    return true
  })
})
afterEach(() => void vi.restoreAllMocks())

describe('the report of the demonstration', () => {
  test('is good when each call went as it must', () => {
    const report = new Report()
    report.row(row(ALLOWED, ALLOWED))
    report.row(row(REFUSED, REFUSED))
    expect(report.summary()).toBe(true)
    expect(output).toContain('1 calls allowed, 1 refused, each as it must be.')
  })

  test('is bad, and says what differs, when a call went otherwise', () => {
    const others: readonly (readonly [expected: Outcome, actual: Outcome])[] = [
      [REFUSED, ALLOWED],
      [ALLOWED, REFUSED],
      [REFUSED, { ...REFUSED, status: 'PERMISSION_DENIED' }],
      [REFUSED, { ...REFUSED, reason: 'TOKEN_EXPIRED' }],
      [REFUSED, { outcome: 'refused', status: 'UNAUTHENTICATED' }],
    ]
    for (const [expected, actual] of others) {
      const report = new Report()
      report.row(row(expected, actual))
      expect(report.summary()).toBe(false)
      expect(output).toContain(`expected ${[expected.outcome, expected.status, expected.reason].join(' ').trim()}`)
    }
  })

  test('is silent once it was ended', () => {
    const report = new Report()
    report.end('The last word.')
    report.row(row(REFUSED, ALLOWED))
    expect(output).toBe('The last word.\n')
  })
})
