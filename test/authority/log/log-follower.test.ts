import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { followLog } from '../../../src/authority/log/log-follower.ts'
import { systemClock, toEpochSeconds } from '../../../src/core/clock.ts'
import { createTestClock } from '../../../src/testing/test-clock.ts'
import { createSigningKey } from '../../../src/token/signing-key.ts'
import type { KeyPublication } from '../../../src/trust/change.ts'
import { publishKey } from '../../../src/trust/published-key.ts'
import { TrustState } from '../../../src/trust/trust-state.ts'
import { ISSUER } from '../../support/authority.ts'
import { capturingLogger } from '../../support/log.ts'
import { createTestCa } from '../../support/pki.ts'
import { failingLog, openTestStore, origin, refuses, revokedToken, startPublishing } from '../../support/publishing.ts'
import { refusalOf } from '../../support/refusal.ts'

const pki = createTestCa()
const authority = pki.credential('countersign/authority')

function publication(issuer: string, fields: { readonly seconds?: number } = {}): KeyPublication {
  const { seconds = 600 } = fields
  const key = createSigningKey().verificationKey
  return publishKey({ issuer, key, expiresAt: toEpochSeconds(Date.now()) + seconds }, authority)
}

describe('an authority that follows the trust log', () => {
  test('begins with all that stands, in as many parts as it takes', async () => {
    const { trustLog } = await openTestStore()
    const revocations = Array.from({ length: 12_000 }, (_, index) => revokedToken(`t${index}`))
    const revision = await trustLog.append(revocations, origin)
    const { trust } = await startPublishing({ trustLog })
    expect(trust.revision).toEqual(revision)
    expect(trust.entryCount).toBe(12_000)
    expect(trust.isUsable).toBe(true)
  })

  test('begins with an empty log', async () => {
    const { trustLog } = await openTestStore()
    const { trust } = await startPublishing({ trustLog })
    expect({ isUsable: trust.isUsable, entries: trust.entryCount }).toEqual({ isUsable: true, entries: 0 })
  })

  test('puts in force what this process has written once it is told to look', async () => {
    const { trustLog } = await openTestStore()
    const { trust, follower } = await startPublishing({ trustLog })
    const revision = await trustLog.append([revokedToken('one')], origin)
    expect(refuses(trust, 'one')).toBe(false)
    await follower.look()
    expect(refuses(trust, 'one')).toBe(true)
    expect(trust.revision).toEqual(revision)
  })

  test('puts in force what others have written within a tenth of a second', async () => {
    const { trustLog } = await openTestStore()
    const { trust, clock } = await startPublishing({ trustLog })
    await trustLog.append([revokedToken('one')], origin)
    clock.advance(100)
    await vi.waitUntil(() => refuses(trust, 'one'))
  })

  test("looks by the machine's clock as well", async () => {
    const { trustLog } = await openTestStore()
    const trust = new TrustState({ credential: authority })
    const follower = await followLog({ trustLog, trust, issuer: ISSUER, logger: capturingLogger(), clock: Date.now })
    onTestFinished(() => follower.stop())
    await trustLog.append([revokedToken('one')], origin)
    await vi.waitUntil(() => refuses(trust, 'one'), { timeout: 2_000 })
  })

  test('goes on as it is where the log cannot be read, grows old, and tells that once', async () => {
    const { trustLog } = await openTestStore()
    const { log: failingOnes, failing } = failingLog(trustLog)
    const { trust, follower, clock, log } = await startPublishing({ trustLog: failingOnes })
    const { readAt } = follower
    failing.reads = true
    for (let second = 0; second < 20; second += 1) {
      clock.advance(1_000)
      await follower.look()
    }
    expect(follower.readAt).toBe(readAt)
    expect(follower.last.event).toMatchObject({ kind: 'heartbeat', readAt })
    expect(trust.freshness).toEqual({ state: 'stale', ageMs: 20_000 })
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([['error', 'the trust log cannot be read']])

    failing.reads = false
    clock.advance(1_000)
    await follower.look()
    expect(trust.freshness).toMatchObject({ state: 'fresh' })
    expect(follower.readAt).toBe(clock())
    expect(log.lines.at(-1)).toMatchObject({ level: 'info', message: 'the trust log is read again' })
  })

  test('is fresh again at once after a leap of the clock', async () => {
    const { trustLog } = await openTestStore()
    const { trust, clock } = await startPublishing({ trustLog })
    for (const leap of [10 * 60_000, 60 * 60_000, 60_000]) {
      clock.advance(leap)
      await vi.waitUntil(() => trust.freshness.state === 'fresh')
    }
  })

  test('takes a read for no newer than its question', async () => {
    const { trustLog } = await openTestStore()
    const clock = createTestClock()
    const slow = {
      ...trustLog,
      async read(...question: Parameters<typeof trustLog.read>) {
        const answer = await trustLog.read(...question)
        await held
        return answer
      },
    }
    let held = Promise.resolve()
    const { trust, follower } = await startPublishing({ trustLog: slow, clock })
    await follower.look()
    const askedAt = clock()
    const { promise, resolve } = Promise.withResolvers<void>()
    held = promise
    const looking = follower.look()
    await Promise.resolve()
    clock.advance(7_000)
    resolve()
    await looking
    expect(follower.readAt).toBe(askedAt)
    expect(trust.freshness).toMatchObject({ ageMs: 7_000 })
  })

  test('tells everyone who can be told where one of them fails', async () => {
    const { trustLog } = await openTestStore()
    const { trust, follower, log } = await startPublishing({ trustLog })
    trust.subscribe(() => {
      throw new Error('a subscriber that fails')
    })
    const revision = await trustLog.append([revokedToken('one')], origin)
    await follower.look()
    expect(refuses(trust, 'one')).toBe(true)
    expect(follower.last.event).toMatchObject({ kind: 'delta', delta: { revision } })
    expect(log.lines).toMatchObject([{ level: 'error', message: 'not everyone could be told of a change of trust' }])
  })

  test('lets go of the log when it stops', async () => {
    const { trustLog } = await openTestStore()
    const read = vi.fn(trustLog.read)
    const { follower, clock } = await startPublishing({ trustLog: { ...trustLog, read } })
    await follower.stop()
    const reads = read.mock.calls.length
    clock.advance(60_000)
    await follower.look()
    expect(read.mock.calls.length).toBe(reads)
  })
})

describe('a log with keys of another issuer', () => {
  const other = 'https://other.shop.internal'

  test('is refused, and both issuers are named', async () => {
    const { trustLog } = await openTestStore()
    await trustLog.append([publication(other)], origin)
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => startPublishing({ trustLog, pki }))
    expect(message).toContain(other)
    expect(message).toContain(ISSUER)
  })

  test('is followed where those keys have ended, were revoked, or nobody vouches for them', async () => {
    const { trustLog } = await openTestStore()
    const revoked = publication(other)
    const forged = { ...publication(other), signature: publication(other).signature }
    const foreign = publishKey(
      { issuer: other, key: createSigningKey().verificationKey, expiresAt: toEpochSeconds(Date.now()) + 600 },
      createTestCa().credential('countersign/authority'),
    )
    await trustLog.append([publication(other, { seconds: -1 }), revoked, forged, foreign], origin)
    await trustLog.append([{ kind: 'signingKey', id: revoked.id, until: 2 ** 31 }], origin)
    const { trust } = await startPublishing({ trustLog, pki })
    expect(trust.head().keys.size).toBe(0)
  })
})

test('the log is read on where the clock of the machine is set back', async () => {
  const { trustLog } = await openTestStore()
  let aheadMs = 0
  const clock = () => systemClock() + aheadMs
  const trust = new TrustState({ credential: authority, clock })
  const follower = await followLog({ trustLog, trust, issuer: ISSUER, logger: capturingLogger(), clock })
  onTestFinished(() => follower.stop())
  aheadMs = -300_000
  // By now the next look is one that was planned by the clock as it is since.
  await vi.waitUntil(() => follower.readAt < systemClock() - 200_000)
  await trustLog.append([revokedToken('late')], origin)
  await vi.waitUntil(() => refuses(trust, 'late'))
})

test('heartbeats go on where the clock of the machine is set back', async () => {
  const { follower, clock } = await startPublishing({ trustLog: (await openTestStore()).trustLog })
  const { number } = follower.last
  clock.set(clock() - 3_600_000)
  await follower.look()
  expect(follower.last).toMatchObject({ number: number + 1, event: { kind: 'heartbeat', readAt: clock() } })
})
