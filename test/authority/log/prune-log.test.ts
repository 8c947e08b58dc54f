import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { pruneLog } from '../../../src/authority/log/prune-log.ts'
import { createTestClock } from '../../../src/testing/test-clock.ts'
import { capturingLogger } from '../../support/log.ts'
import { openTestStore, origin } from '../../support/publishing.ts'

const turn = () => new Promise((resolve) => setTimeout(resolve, 10))

async function start(random = 0.5) {
  const { trustLog } = await openTestStore()
  const clock = createTestClock()
  const log = capturingLogger()
  const prune = vi.fn(trustLog.prune)
  const stop = pruneLog({ trustLog: { ...trustLog, prune }, logger: log, clock, random: () => random })
  onTestFinished(stop)
  return { trustLog, clock, log, prune, stop }
}

describe('the trust log is pruned', () => {
  test('each minute, of what has expired', async () => {
    const { trustLog, clock } = await start()
    const now = Math.floor(clock() / 1000)
    const short = { kind: 'token', id: 'short', until: now + 1 } as const
    const long = { kind: 'token', id: 'long', until: now + 3600 } as const
    await trustLog.append([short, long], origin)
    for (let minute = 0; minute < 4; minute += 1) {
      clock.advance(60_000)
      await turn()
    }
    expect((await trustLog.read(undefined, 10)).changes).toEqual([long])
  })

  test('on and on while there is more', async () => {
    const { trustLog, clock, prune } = await start()
    const until = Math.floor(clock() / 1000) - 3600
    const expired = Array.from({ length: 2_500 }, (_, index) => ({ kind: 'token', id: `t${index}`, until }) as const)
    await trustLog.append(expired, origin)
    clock.advance(60_000)
    for (let step = 0; step < 5; step += 1) {
      await turn()
      clock.advance(100)
    }
    expect(prune).toHaveBeenCalledTimes(3)
    expect((await trustLog.read(undefined, 10)).changes).toEqual([])
  })

  test('by each process at a time of its own', async () => {
    const early = await start(0)
    const late = await start(0.9)
    for (const { clock } of [early, late]) clock.advance(30_000)
    expect([early.prune.mock.calls.length, late.prune.mock.calls.length]).toEqual([1, 0])
    late.clock.advance(54_000)
    expect(late.prune).toHaveBeenCalledOnce()
  })

  test('again where that has failed, which is logged', async () => {
    const { clock, prune, log } = await start()
    prune.mockRejectedValueOnce(new Error('The store is out of reach.'))
    clock.advance(60_000)
    await turn()
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'the trust log could not be pruned' }])
    clock.advance(60_000)
    await turn()
    expect(prune).toHaveBeenCalledTimes(2)
  })

  test('no more once that was ended, also while it is under way', async () => {
    const { clock, prune, stop } = await start()
    const { promise, resolve } = Promise.withResolvers<boolean>()
    prune.mockReturnValueOnce(promise)
    clock.advance(60_000)
    let isEnded = false
    const ending = stop().then(() => {
      isEnded = true
    })
    await turn()
    expect(isEnded).toBe(false)
    resolve(true)
    await ending
    clock.advance(3_600_000)
    await turn()
    expect(prune).toHaveBeenCalledOnce()
  })
})
