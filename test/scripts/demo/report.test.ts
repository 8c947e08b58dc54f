import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Ending, type Outcome, Report, type Row, type Step } from '../../../scripts/demo/report.ts'

const ALLOWED: Outcome = { outcome: 'allowed', status: 'OK' }
const REFUSED: Outcome = { outcome: 'refused', status: 'UNAUTHENTICATED', reason: 'CREDENTIALS_MISSING' }
const row = (expected: Outcome, actual: Outcome): Row => ({
  caller: 'orders',
  called: 'inventory Reserve',
  expected,
  actual,
  durationMs: 1,
})

const DONE: Ending = { outcome: 'done', reason: 'by intermediate 1' }
const step = (expected: Ending, actual: Ending, kind: Step['kind'] = 'command'): Step => ({
  kind,
  what: 'countersign ca issue orders',
  expected,
  actual,
  durationMs: 1,
  told: 'orders 1: by intermediate 1',
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

  test('counts what is no call by its kind, and handshakes as many as there were', () => {
    const report = new Report()
    const denied: Ending = { outcome: 'refused', reason: 'REQUEST_INVALID: no wildcard' }
    report.step(step(DONE, DONE))
    report.step(step(denied, denied))
    report.step(step({ outcome: 'seen' }, { outcome: 'seen' }, 'look'))
    report.step(step({ outcome: 'seen' }, { outcome: 'seen' }, 'effect'))
    report.step({ ...step({ outcome: 'accepted' }, { outcome: 'accepted' }, 'handshake'), count: 6 })
    report.row(row(ALLOWED, ALLOWED))
    expect(report.summary()).toBe(true)
    expect(output).toContain(
      '1 commands done, 1 refused; 1 looks at files; 1 effects seen; 6 handshakes accepted, 0 refused; ' +
        '1 calls allowed, 0 refused, each as it must be.',
    )
  })

  test('is bad, and says what differs, when a step ended otherwise', () => {
    const others: readonly (readonly [expected: Ending, actual: Ending])[] = [
      [DONE, { ...DONE, reason: 'by intermediate 2' }],
      [DONE, { outcome: 'refused', reason: 'INTERNAL: broken' }],
      [{ outcome: 'refused', reason: 'REQUEST_INVALID: no wildcard' }, { outcome: 'done' }],
      [{ outcome: 'refused', reason: 'REQUEST_INVALID: no wildcard' }, { outcome: 'refused' }],
    ]
    for (const [expected, actual] of others) {
      output = ''
      const report = new Report()
      report.step(step(expected, actual))
      expect(report.summary()).toBe(false)
      expect(output).toContain('✗')
      expect(output).toContain(`expected ${expected.outcome} ${expected.reason}`)
    }
  })

  test('is silent once it was ended', () => {
    const report = new Report()
    report.end('The last word.')
    report.row(row(REFUSED, ALLOWED))
    expect(output).toBe('The last word.\n')
  })
})
