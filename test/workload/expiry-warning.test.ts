import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { warnOfExpiry } from '../../src/workload/expiry-warning.ts'
import { capturingLogger } from '../support/log.ts'
import { createTestCa } from '../support/pki.ts'

const HOUR_MS = 60 * 60 * 1000

describe('the end of a certificate', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('is announced an hour ahead, and told when it has come', () => {
    const credential = createTestCa().credential('orders')
    const log = capturingLogger()
    warnOfExpiry(credential, log, Date.now)
    vi.advanceTimersByTime(credential.notAfter - Date.now() - HOUR_MS - 1)
    expect(log.lines).toEqual([])
    vi.advanceTimersByTime(1)
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { serviceId: credential.serviceId } }])
    vi.advanceTimersByTime(HOUR_MS + 1)
    expect(log.lines[1]).toMatchObject({ level: 'error', fields: { code: 'CERTIFICATE_EXPIRED' } })
    expect(log.lines).toHaveLength(2)
  })

  test('is not told once that was ended', () => {
    const credential = createTestCa().credential('orders')
    const log = capturingLogger()
    const end = warnOfExpiry(credential, log, Date.now)
    end()
    vi.advanceTimersByTime(48 * HOUR_MS)
    expect(log.lines).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})
