import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { TrustLog } from '../../../src/authority/log/trust-log.ts'
import { formatRevision, type Revision } from '../../../src/trust/revision.ts'
import type { TrustState } from '../../../src/trust/trust-state.ts'
import {
  failingLog,
  knows,
  openTestStore,
  origin,
  type Publishing,
  refuses,
  revokedToken,
  startPublishing,
} from '../../support/publishing.ts'
import { refusalOf } from '../../support/refusal.ts'

/** Appends one revocation for each ID, one after the other. */
async function append(trustLog: TrustLog, ids: readonly string[]): Promise<readonly Revision[]> {
  const revisions = []
  for (const id of ids) revisions.push(await trustLog.append([revokedToken(id)], origin))
  return revisions
}

function ids(from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `t${from + index}`)
}

async function start(revocations = 3): Promise<Publishing & { readonly trustLog: TrustLog }> {
  const { trustLog } = await openTestStore()
  await append(trustLog, ids(0, revocations))
  return { ...(await startPublishing({ trustLog })), trustLog }
}

/** As a verifier that has all up to a revision knows it. */
async function verifierAt({ watch }: Publishing): Promise<TrustState> {
  const watching = watch()
  await vi.waitUntil(() => watching.trust.isUsable)
  watching.leave()
  await watching.ended
  return watching.trust
}

describe('a verifier that watches', () => {
  test('is told of all that stands between two heartbeats, then of each change, then of life', async () => {
    const { watch, trustLog, follower, clock } = await start()
    const { told, trust } = watch()
    await vi.waitUntil(() => trust.isUsable)
    expect(told).toEqual(['heartbeat 1.3', 'page 1 of 1.3', 'heartbeat 1.3'])
    expect(ids(0, 3).every((id) => refuses(trust, id))).toBe(true)

    await append(trustLog, ['t3'])
    await follower.look()
    await vi.waitUntil(() => refuses(trust, 't3'))
    expect(told.slice(3)).toEqual(['delta 1.3 to 1.4'])
    clock.advance(5_000)
    await vi.waitUntil(() => told.length === 5)
    expect(told.slice(4)).toEqual(['heartbeat 1.4'])
    expect(trust.freshness).toEqual({ state: 'fresh', ageMs: 0 })
  })

  test('is told of all of a large state in pages, none of which is in force before the last', async () => {
    const { trustLog } = await openTestStore()
    await trustLog.append(ids(0, 12_001).map(revokedToken), origin)
    const { watch } = await startPublishing({ trustLog })
    const { told, trust, events } = watch()
    await vi.waitUntil(() => trust.isUsable)
    expect(told).toEqual(['heartbeat 1.13', ...[1, 2, 3].map((page) => `page ${page} of 1.13`), 'heartbeat 1.13'])
    expect(events.map((event) => event.kind === 'page' && event.isLast)).toEqual([false, false, false, true, false])
    expect(trust.entryCount).toBe(12_001)
  })

  test('gets pages of a quarter of a megabyte at most', async () => {
    const { trustLog } = await openTestStore()
    const long = 'x'.repeat(1_000)
    const changes = ids(0, 600).map((id) => ({ kind: 'subject', id: `user:${id}${long}`, upTo: 2 ** 31 }) as const)
    await trustLog.append(changes, origin)
    const { watch } = await startPublishing({ trustLog })
    const { events, trust } = watch()
    await vi.waitUntil(() => trust.isUsable)
    const pages = events.filter((event) => event.kind === 'page')
    expect(pages.length).toBeGreaterThan(2)
    for (const { changes: inPage } of pages) expect(JSON.stringify(inPage).length).toBeLessThan(320 * 1024)
    expect(trust.entryCount).toBe(600)
  })

  test('gets all, in order, from wherever it resumes', async () => {
    const publishing = await start(0)
    const { trustLog, follower, watch } = publishing
    for (let position = 0; position <= 12; position += 1) {
      const verifier = await verifierAt(publishing)
      expect(verifier.revision).toEqual({ epoch: 1, sequence: position })
      await append(trustLog, ids(position, 1))
      await follower.look()
      const { told, trust } = watch(verifier)
      await vi.waitUntil(() => refuses(trust, `t${position}`))
      expect(told.slice(0, 2)).toEqual([`heartbeat 1.${position + 1}`, `delta 1.${position} to 1.${position + 1}`])
    }
    const behind = await Promise.all(
      Array.from({ length: 13 }, async (_, sequence) => {
        const verifier = publishing.verifier()
        verifier.replace(verifier.beginSnapshot({ epoch: 1, sequence }, 'https://authority.shop.internal'))
        const { trust } = watch(verifier)
        await vi.waitUntil(() => trust.isUsable)
        return ids(0, 13).filter((id) => refuses(trust, id))
      }),
    )
    expect(behind).toEqual(Array.from({ length: 13 }, (_, sequence) => ids(sequence, 13 - sequence)))
  })

  test('is told of nothing where it has all already', async () => {
    const publishing = await start()
    const verifier = await verifierAt(publishing)
    const { told } = publishing.watch(verifier)
    await vi.waitUntil(() => told.length === 2)
    expect(told).toEqual(['heartbeat 1.3', 'heartbeat 1.3'])
  })

  test('is told of all that stands where it has missed very much', async () => {
    const publishing = await start()
    const verifier = await verifierAt(publishing)
    await publishing.trustLog.append(ids(10, 12_000).map(revokedToken), origin)
    await publishing.follower.look()
    const { told, trust } = publishing.watch(verifier)
    await vi.waitUntil(() => refuses(trust, 't12009'))
    expect(told[1]).toBe('page 1 of 1.15')
    expect(trust.entryCount).toBe(12_003)
  })

  test('is told of all that stands where the log cannot be read', async () => {
    const { trustLog } = await openTestStore()
    const { log, failing } = failingLog(trustLog)
    const publishing = await startPublishing({ trustLog: log })
    const verifier = await verifierAt(publishing)
    await append(trustLog, ['one'])
    await publishing.follower.look()
    failing.reads = true
    const { told, trust } = publishing.watch(verifier)
    await vi.waitUntil(() => refuses(trust, 'one'))
    expect(told).toEqual(['heartbeat 1.1', 'page 1 of 1.1', 'heartbeat 1.1'])
  })

  test('that is ahead of this authority hears of life only, until the authority has come so far', async () => {
    const { trustLog } = await openTestStore()
    const behind = await startPublishing({ trustLog })
    const ahead = await startPublishing({ trustLog, pki: behind.pki, clock: behind.clock })
    await append(trustLog, ids(0, 2))
    await ahead.follower.look()
    const verifier = await verifierAt(ahead)

    const { told, trust } = behind.watch(verifier)
    await vi.waitUntil(() => told.length === 2)
    expect(told).toEqual(['heartbeat 1.0', 'heartbeat 1.0'])
    await behind.follower.look()
    await append(trustLog, ['later'])
    await behind.follower.look()
    await vi.waitUntil(() => refuses(trust, 'later'))
    expect(told.slice(2)).toEqual(['heartbeat 1.2', 'delta 1.2 to 1.3'])
  })

  test('that is in the middle of a change of this authority is told of the other half, and then of life', async () => {
    const { trustLog } = await openTestStore()
    const behind = await startPublishing({ trustLog })
    const ahead = await startPublishing({ trustLog, pki: behind.pki, clock: behind.clock })
    await append(trustLog, ['one'])
    await ahead.follower.look()
    const { told, trust } = behind.watch(await verifierAt(ahead))
    await vi.waitUntil(() => told.length === 2)
    const vouches = trust.vouchCount
    await append(trustLog, ['two'])
    await behind.follower.look() // from 1.0 to 1.2
    await vi.waitUntil(() => trust.vouchCount > vouches)
    await append(trustLog, ['three'])
    await behind.follower.look()
    await vi.waitUntil(() => refuses(trust, 'three'))
    expect(told.slice(2)).toEqual(['delta 1.1 to 1.2', 'heartbeat 1.2', 'delta 1.2 to 1.3'])
  })

  test('that comes while more is written than this authority has read is told of all, and then of life', async () => {
    const publishing = await start()
    const { trustLog, follower, watch } = publishing
    const verifier = await verifierAt(publishing)
    const vouches = verifier.vouchCount
    await append(trustLog, ['read'])
    await follower.look()
    await append(trustLog, ['written'])
    const { told } = watch(verifier)
    await vi.waitUntil(() => told.length === 3)
    await append(trustLog, ['later'])
    await follower.look() // from 1.4 to 1.6
    await vi.waitUntil(() => verifier.vouchCount > vouches)
    expect(told).toEqual([
      ...['heartbeat 1.4', 'delta 1.3 to 1.5', 'heartbeat 1.4'],
      ...['delta 1.5 to 1.6', 'heartbeat 1.6'],
    ])
  })

  test('gets every change once, in order, of two authorities to which many write at once', async () => {
    const { trustLog } = await openTestStore()
    const first = await startPublishing({ trustLog })
    const second = await startPublishing({ trustLog, pki: first.pki, clock: first.clock })
    const watching = [first, second].flatMap(({ watch }) => Array.from({ length: 5 }, () => watch()))
    const writers = Array.from({ length: 10 }, async (_, writer) => {
      for (const id of ids(writer * 100, 30)) {
        await trustLog.append([revokedToken(id)], origin)
        void (writer % 2 === 0 ? first : second).follower.look()
      }
    })
    await Promise.all(writers)
    await Promise.all([first.follower.look(), second.follower.look()])
    for (const { trust, events } of watching) {
      await vi.waitUntil(() => knows(trust, { epoch: 1, sequence: 300 }))
      expect(trust.entryCount).toBe(300)
      const deltas = events.filter((event) => event.kind === 'delta').map(({ delta }) => delta)
      for (const [index, { after }] of deltas.slice(1).entries()) expect(after).toEqual(deltas[index]?.revision)
      const changes = deltas.flatMap((delta) => delta.changes)
      expect(new Set(changes.map((change) => 'id' in change && change.id)).size).toBe(changes.length)
    }
  })

  test('has all that changed while it was told of what stands', async () => {
    const { trustLog } = await openTestStore()
    const block = { kind: 'block', id: 'spiffe://shop.internal/orders', isLifted: false } as const
    await trustLog.append(ids(0, 15_000).map(revokedToken), origin)
    const { watch, follower } = await startPublishing({ trustLog })
    const watching = watch()
    watching.halt()
    await vi.waitUntil(() => watching.told.length === 1)
    for (let turn = 0; turn < 5; turn += 1) {
      await append(trustLog, ids(20_000 + turn, 1))
      await trustLog.append([block], origin)
      await follower.look()
      watching.goOn()
      watching.halt()
      await vi.waitUntil(() => watching.told.length >= 2 + turn)
      await trustLog.append([{ ...block, isLifted: true }], origin)
      await follower.look()
    }
    watching.goOn()
    const { trust } = watching
    await vi.waitUntil(() => ids(20_000, 5).every((id) => refuses(trust, id)))
    await vi.waitUntil(() => trust.revision?.sequence === follower.heartbeat().revision.sequence)
    expect(trust.entryCount).toBe(15_005)
    const certificate = { serviceId: block.id, serialNumber: '01', issuerKeyId: undefined }
    expect(trust.refusalOfCertificate(certificate)).toBeUndefined()
  })

  test('is told anew of all that stands where the log has begun anew', async () => {
    const { trustLog } = await openTestStore()
    const restored = await openTestStore()
    const later: TrustLog = {
      ...restored.trustLog,
      async read(after, limit) {
        const within = after?.epoch === 2 ? { ...after, epoch: 1 } : undefined
        const part = await restored.trustLog.read(within, limit)
        return { ...part, revision: { ...part.revision, epoch: 2 } }
      },
    }
    await append(trustLog, ['before'])
    let log: TrustLog = trustLog
    const either: TrustLog = { ...trustLog, read: (after, limit) => log.read(after, limit) }
    const publishing = await startPublishing({ trustLog: either })
    const watching = publishing.watch()
    await vi.waitUntil(() => watching.trust.isUsable)

    await append(restored.trustLog, ['after'])
    log = later
    await publishing.follower.look()
    await watching.ended
    const { told, trust } = publishing.watch(watching.trust)
    await vi.waitUntil(() => refuses(trust, 'after'))
    expect(told).toEqual(['heartbeat 2.1', 'page 1 of 2.1', 'heartbeat 2.1'])
    expect(refuses(trust, 'before')).toBe(false)
    expect(publishing.trust.freshness).toMatchObject({ state: 'fresh' })
    expect(publishing.log.lines).toMatchObject([{ level: 'warn', message: 'the trust log has begun anew' }])
  })

  test('is ended where a change is too much for one message, and told of all that stands', async () => {
    const publishing = await start(0)
    const watching = publishing.watch()
    await vi.waitUntil(() => watching.trust.isUsable)
    const long = 'x'.repeat(1_500)
    const changes = ids(0, 900).map((id) => ({ kind: 'subject', id: `user:${id}${long}`, upTo: 2 ** 31 }) as const)
    await publishing.trustLog.append(changes, origin)
    await publishing.follower.look()
    await watching.ended
    const { trust, told } = publishing.watch(watching.trust)
    await vi.waitUntil(() => trust.entryCount === 900)
    expect(told[1]).toBe('page 1 of 1.1')
  })
})

describe('a slow verifier', () => {
  test('costs others nothing, and is ended once it is half a minute behind', async () => {
    const { trustLog, watch, follower, publisher, clock } = await start()
    const [slow, quick] = [watch(), watch()]
    await vi.waitUntil(() => slow.trust.isUsable && quick.trust.isUsable)
    slow.halt()
    await append(trustLog, ['seen by one'])
    clock.advance(5_000)
    await vi.waitUntil(() => refuses(quick.trust, 'seen by one'))
    await append(trustLog, ['later'])
    clock.advance(5_000)
    await vi.waitUntil(() => refuses(quick.trust, 'later'))
    const lags = () => publisher.watchers.map(({ lagMs }) => lagMs)
    expect(lags()).toEqual([0, 0])
    clock.advance(20_000)
    await follower.look()
    expect(lags()).toEqual([20_000, 0])
    clock.advance(15_000)
    await follower.look()
    await vi.waitUntil(() => quick.told.length > 8)
    slow.goOn()
    await slow.ended
    expect(refuses(slow.trust, 'later')).toBe(false)
    expect(publisher.watchers).toHaveLength(1)

    const again = watch(slow.trust)
    await vi.waitUntil(() => refuses(again.trust, 'later'))
  })

  test('is ended once it is very many changes behind', async () => {
    const { trustLog, watch, follower, clock } = await start()
    const slow = watch()
    await vi.waitUntil(() => slow.trust.isUsable)
    slow.halt()
    clock.advance(5_000)
    await vi.waitUntil(() => slow.told.length === 4)
    for (const id of ids(100, 10_050)) {
      await append(trustLog, [id])
      await follower.look()
    }
    clock.advance(5_000)
    await follower.look()
    await new Promise((resolve) => setImmediate(resolve))
    slow.goOn()
    await slow.ended
    expect(refuses(slow.trust, 't100')).toBe(false)
  })
})

describe('the verifiers that are connected', () => {
  test('are known with where each of them is, until they leave', async () => {
    const publishing = await start()
    const { publisher, clock } = publishing
    const since = clock()
    const watching = publishing.watch()
    await vi.waitUntil(() => watching.trust.isUsable)
    const serialNumber = expect.any(String)
    const expected = { service: 'spiffe://shop.internal/verifier', serialNumber, since, lagMs: 0 }
    expect(publisher.watchers).toEqual([{ ...expected, revision: { epoch: 1, sequence: 3 } }])
    watching.leave()
    await watching.ended
    expect(publisher.watchers).toEqual([])
  })

  test('count as behind for as long as they are told of what stands', async () => {
    const publishing = await start()
    const watching = publishing.watch()
    watching.halt()
    await vi.waitUntil(() => watching.told.length === 1)
    publishing.clock.advance(3_000)
    expect(publishing.publisher.watchers).toMatchObject([{ revision: undefined, lagMs: 3_000 }])
    watching.goOn()
    await vi.waitUntil(() => watching.trust.isUsable)
    expect(publishing.publisher.watchers).toMatchObject([{ lagMs: 0 }])
  })

  test('may come in thousands', async () => {
    const publishing = await start()
    const leaving = new AbortController()
    onTestFinished(() => leaving.abort())
    const identityOf = (number: number) => ({
      service: 'spiffe://shop.internal/verifier',
      serialNumber: number.toString(16),
    })
    const verifiers = Array.from({ length: 2_000 }, (_, number) =>
      publishing.publisher.watch(undefined, identityOf(number), leaving.signal),
    )
    for (const verifier of verifiers) for (let step = 0; step < 3; step += 1) await verifier.next()
    const next = verifiers.map((verifier) => verifier.next())
    const [revision] = await append(publishing.trustLog, ['one'])
    await publishing.follower.look()
    const told = new Set((await Promise.all(next)).map(({ value }) => value))
    expect(told.size).toBe(1)
    expect([...told]).toMatchObject([{ kind: 'delta', delta: { revision } }])
    expect(formatRevision(revision ?? { epoch: 0, sequence: 0 })).toBe('1.4')
  })

  test('are as many of one certificate as replicas may share it, and no more', async () => {
    const { publisher } = await start()
    const leaving = new AbortController()
    onTestFinished(() => leaving.abort())
    const open = (serialNumber: string) =>
      publisher.watch(undefined, { service: 'spiffe://shop.internal/orders', serialNumber }, leaving.signal).next()
    for (let count = 0; count < 1_000; count += 1) await open('0a')
    await refusalOf('RATE_LIMITED', () => open('0a'))
    await open('0b')
    expect(publisher.watchers).toHaveLength(1_001)
  })
})
