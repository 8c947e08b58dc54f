import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CallsUnderWay } from '../../src/interceptor/calls-under-way.ts'

describe('calls under way', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('are settled at once where there is none', async () => {
    expect(await new CallsUnderWay().settle(1_000)).toBe(true)
  })

  test('are settled when the last has ended', async () => {
    const calls = new CallsUnderWay()
    calls.begin()
    calls.begin()
    let settled: boolean | undefined
    void calls.settle(1_000).then((value) => {
      settled = value
    })
    calls.end()
    await vi.advanceTimersByTimeAsync(500)
    expect(settled).toBeUndefined()
    calls.end()
    await vi.advanceTimersByTimeAsync(0)
    expect(settled).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('are given up after the time that they were given', async () => {
    const calls = new CallsUnderWay()
    calls.begin()
    const settled = calls.settle(1_000)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await settled).toBe(false)
  })
})
