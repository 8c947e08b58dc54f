import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ShortWait } from '../../src/trust/short-wait.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a short wait', () => {
  test('is none where what is waited for is there', async () => {
    await new ShortWait(1_000).until(() => true)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('ends with the news that brings it, and not with other news', async () => {
    const wait = new ShortWait(1_000)
    let isThere = false
    let isOver = false
    const waiting = wait
      .until(() => isThere)
      .then(() => {
        isOver = true
      })
    wait.wake()
    await vi.advanceTimersByTimeAsync(10)
    expect(isOver).toBe(false)
    isThere = true
    wait.wake()
    await waiting
    expect(isOver).toBe(true)
  })

  test('is one for all who wait: one timer, and the end of the first is the end of all', async () => {
    const wait = new ShortWait(1_000)
    let ended = 0
    const begin = () => wait.until(() => false).then(() => (ended += 1))
    for (let count = 0; count < 10_000; count += 1) begin()
    await vi.advanceTimersByTimeAsync(900)
    begin()
    expect(vi.getTimerCount()).toBe(1)
    expect(ended).toBe(0)
    await vi.advanceTimersByTimeAsync(100)
    expect(ended).toBe(10_001)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('begins anew for whoever comes after its end', async () => {
    const wait = new ShortWait(1_000)
    const first = wait.until(() => false)
    await vi.advanceTimersByTimeAsync(1_000)
    await first
    let isThere = false
    const second = wait.until(() => isThere)
    isThere = true
    wait.wake()
    await second
  })

  test('costs whoever brings news nothing where nobody waits', () => {
    new ShortWait(1_000).wake()
    expect(vi.getTimerCount()).toBe(0)
  })
})
