import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { callAt } from '../../src/core/timer.ts'

const DAY_MS = 24 * 60 * 60 * 1000

describe('an action at a time', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }))
  afterEach(() => void vi.useRealTimers())

  test('runs once, when the clock has reached it', () => {
    const action = vi.fn()
    callAt(1000, Date.now, action)
    vi.advanceTimersByTime(999)
    expect(action).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(action).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(DAY_MS)
    expect(action).toHaveBeenCalledOnce()
  })

  test('may lie further ahead than one timer of Node reaches', () => {
    const action = vi.fn()
    callAt(400 * DAY_MS, Date.now, action)
    vi.advanceTimersByTime(400 * DAY_MS - 1)
    expect(action).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(action).toHaveBeenCalledOnce()
  })

  test('runs soon where the time has passed, and not at once', () => {
    const action = vi.fn()
    callAt(-1, Date.now, action)
    expect(action).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(action).toHaveBeenCalledOnce()
  })

  test('waits on where the clock was set back meanwhile', () => {
    const action = vi.fn()
    let offset = 0
    callAt(1000, () => Date.now() + offset, action)
    offset = -500
    vi.advanceTimersByTime(1000)
    expect(action).not.toHaveBeenCalled()
    vi.advanceTimersByTime(500)
    expect(action).toHaveBeenCalledOnce()
  })

  test('does not run once it was cancelled, at any of its timers', () => {
    for (const elapsed of [0, 10, 30 * DAY_MS]) {
      const action = vi.fn()
      const cancel = callAt(Date.now() + 60 * DAY_MS, Date.now, action)
      vi.advanceTimersByTime(elapsed)
      cancel()
      vi.advanceTimersByTime(100 * DAY_MS)
      expect(action).not.toHaveBeenCalled()
      expect(vi.getTimerCount()).toBe(0)
    }
  })
})
