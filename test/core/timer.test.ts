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

  test('runs at once where the clock tells that it was moved there', () => {
    const action = vi.fn()
    const clock = movableClock()
    callAt(DAY_MS, clock, action)
    clock.moveTo(DAY_MS - 1)
    expect(action).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(1)
    clock.moveTo(DAY_MS)
    expect(action).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
    clock.moveTo(2 * DAY_MS)
    expect(action).toHaveBeenCalledOnce()
    expect(clock.listeners.size).toBe(0)
  })

  test('does not run once it was cancelled on a clock that is moved', () => {
    const action = vi.fn()
    const clock = movableClock()
    const cancel = callAt(DAY_MS, clock, action)
    cancel()
    clock.moveTo(DAY_MS)
    vi.advanceTimersByTime(2 * DAY_MS)
    expect(action).not.toHaveBeenCalled()
    expect(clock.listeners.size).toBe(0)
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

/** A clock that stands still but for its moves, of which it tells. */
function movableClock() {
  let now = 0
  const listeners = new Set<() => void>()
  const moveTo = (time: number) => {
    now = time
    for (const listener of listeners) listener()
  }
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return Object.assign(() => now, { moveTo, subscribe, listeners })
}
