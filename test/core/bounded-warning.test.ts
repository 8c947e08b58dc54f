import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { boundedWarning } from '../../src/core/bounded-warning.ts'
import { capturingLogger } from '../support/log.ts'

const MINUTE_MS = 60_000
const warning = (line: number) => ({ level: 'warn', message: 'refused', fields: { line } })
const omission = (omitted: number) => ({
  level: 'warn',
  message: 'refused: further lines omitted',
  fields: { omitted },
})

function openWarning() {
  const { lines, ...logger } = capturingLogger()
  const warn = boundedWarning({ ...logger }, 'refused', Date.now)
  const repeat = (count: number) => {
    for (let line = 0; line < count; line++) warn({ line })
  }
  return { lines, repeat }
}

describe('a bounded warning', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }))
  afterEach(() => void vi.useRealTimers())

  test('is written as it is, up to thirty lines in a minute', () => {
    const { lines, repeat } = openWarning()
    repeat(30)
    expect(lines).toEqual(Array.from({ length: 30 }, (_, line) => warning(line)))
    vi.advanceTimersByTime(10 * MINUTE_MS)
    expect(lines).toHaveLength(30)
  })

  test('is counted beyond, and the number is told when the minute ends', () => {
    const { lines, repeat } = openWarning()
    repeat(10_030)
    expect(lines).toHaveLength(30)
    vi.advanceTimersByTime(MINUTE_MS - 1)
    expect(lines).toHaveLength(30)
    vi.advanceTimersByTime(1)
    expect(lines.slice(30)).toEqual([omission(10_000)])
  })

  test('is written again in the next minute', () => {
    const { lines, repeat } = openWarning()
    repeat(31)
    vi.advanceTimersByTime(MINUTE_MS)
    repeat(32)
    expect(lines.slice(30)).toEqual([omission(1), ...Array.from({ length: 30 }, (_, line) => warning(line))])
    vi.advanceTimersByTime(MINUTE_MS)
    expect(lines.slice(61)).toEqual([omission(2)])
  })

  test('takes some 31 lines a minute, however many there are', () => {
    const { lines, repeat } = openWarning()
    for (let second = 0; second < 600; second++) {
      repeat(100)
      vi.advanceTimersByTime(1000)
    }
    expect(lines.length).toBeLessThanOrEqual(31 * 10)
    const omitted = lines.reduce((sum, { fields }) => sum + Number(fields['omitted'] ?? 0), 0)
    expect(omitted + lines.filter(({ message }) => message === 'refused').length).toBe(60_000)
  })

  test('does not count what others warn of', () => {
    const first = openWarning()
    const second = openWarning()
    first.repeat(100)
    second.repeat(1)
    expect(second.lines).toEqual([warning(0)])
  })
})
