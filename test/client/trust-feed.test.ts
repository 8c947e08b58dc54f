import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { TrustFeed } from '../../src/client/trust-feed.ts'
import { type Address, formatAddress, parseAddress } from '../../src/core/address.ts'
import type { WatchResponse } from '../../src/gen/countersign/v1/WatchResponse.ts'
import { createTestClock, type TestClock } from '../../src/testing/test-clock.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import type { TrustChange } from '../../src/trust/change.ts'
import { FRESH_MS, HEARTBEAT_MS } from '../../src/trust/freshness.ts'
import type { Revision } from '../../src/trust/revision.ts'
import { TrustState, type TrustStateOptions } from '../../src/trust/trust-state.ts'
import { ISSUER } from '../support/authority.ts'
import { capturingLogger } from '../support/log.ts'
import { createTestCa, type TestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'
import { openRelay } from '../support/relay.ts'
import { publicationOf } from '../support/trust.ts'
import { delta, type FakeTrustService, heartbeat, page, startTrustService } from '../support/trust-service.ts'

const MINUTE_MS = 60_000

let clock: TestClock
let pki: TestCa
let authority: FakeTrustService
/** What the authority has. */
let now: Revision

beforeEach(async () => {
  clock = createTestClock()
  pki = createTestCa({ clock })
  now = at(7)
  authority = await start()
})

const at = (sequence: number, epoch = 1): Revision => ({ epoch, sequence })
const beat = (revision = now) => heartbeat(revision, { readAtMs: clock() })

/** As an authority greets: a heartbeat, all that stands where not all is known, a heartbeat. */
function greet(after: Revision | undefined): readonly WatchResponse[] {
  const isKnown = after?.epoch === now.epoch && after.sequence === now.sequence
  return [beat(), ...(isKnown ? [] : [page(now)]), beat()]
}

function start(port = 0): Promise<FakeTrustService> {
  return startTrustService({ pki, clock, greeting: greet, port })
}

interface Following extends Partial<TrustStateOptions> {
  readonly addresses?: readonly Address[]
}

function follow({ addresses = [authority.address], ...options }: Following = {}) {
  const credential = pki.credential('orders')
  const authorities = addresses.map((address) => new AuthorityClient({ address, credential, clock }))
  const log = capturingLogger()
  const trust = new TrustState({ credential, clock, logger: log, ...options })
  const feed = new TrustFeed({ authorities, trust, logger: log, clock, random: () => 0 })
  onTestFinished(() => {
    feed.stop()
    for (const client of authorities) client.close()
  })
  const logged = (message: string) => log.lines.filter((line) => line.message === message)
  return { feed, trust, log, logged }
}

async function followReady(options?: Following) {
  const following = follow(options)
  await following.feed.ready(5_000)
  return following
}

const until = (condition: () => boolean, timeout = 5_000) => vi.waitUntil(condition, { interval: 5, timeout })
const isRevoked = (trust: TrustState, tokenId: string) => trust.refusalOfToken({ ...TOKEN, tokenId }) !== undefined
const TOKEN = { grantId: 'g', subject: 's', clientId: 'c', keyId: 'k', issuedAt: 1 }
const revoked = (id: string): TrustChange => ({ kind: 'token', id, until: Math.floor(clock() / 1000) + 3_600 })

describe('the trust feed', () => {
  test('brings all that stands, then each change', async () => {
    const key = createSigningKey().verificationKey
    const publication = publicationOf(key, { authority: pki.credential('countersign/authority'), clock })
    authority.greeting = () => [beat(), page(now, [publication, revoked('one')]), beat()]
    const { trust } = await followReady()
    expect(trust.head()).toMatchObject({ issuer: ISSUER })
    expect([...trust.head().keys.keys()]).toEqual([key.keyId])
    expect(isRevoked(trust, 'one')).toBe(true)
    expect(trust.freshness.state).toBe('fresh')

    authority.send(delta(at(7), at(8), [revoked('two')]))
    await until(() => isRevoked(trust, 'two'))
    authority.send(delta(at(8), at(9), [{ kind: 'signingKey', id: key.keyId, until: 9_999_999_999 }]))
    await until(() => trust.head().keys.size === 0)
    expect(trust.revision).toEqual(at(9))
  })

  test('is gone by to forget what is over: by the clock of the authority, where this one is ahead', async () => {
    authority.greeting = () => [beat(), page(now, [revoked('one')]), beat()]
    const { trust } = await followReady()
    const there = clock()
    clock.advance(2 * 3_600_000)
    authority.send(heartbeat(now, { readAtMs: there, sentAtMs: there }))
    await until(() => trust.vouchCount > 1)
    expect(isRevoked(trust, 'one')).toBe(true)
    clock.set(there)
  })

  test('brings a snapshot in pages, in force with the last', async () => {
    authority.greeting = () => [beat(), page(now, [revoked('one')], { last: false })]
    const { feed, trust } = follow()
    await until(() => authority.openCount === 1)
    authority.send(beat(), page(now, [revoked('two')], { page: 2, last: false }))
    await refusalOf('AUTHORITY_UNAVAILABLE', () => feed.ready(200))
    expect([isRevoked(trust, 'one'), trust.revision]).toEqual([false, undefined])
    authority.send(page(now, [revoked('three')], { page: 3 }), beat())
    await feed.ready(5_000)
    expect(['one', 'two', 'three'].map((id) => isRevoked(trust, id))).toEqual([true, true, true])
  })

  test('goes on where it was after a cut', async () => {
    const { trust, logged } = await followReady()
    const before = trust.head()
    authority.send(delta(at(7), at(8), [revoked('one')]))
    await until(() => isRevoked(trust, 'one'))
    now = at(9)
    authority.greeting = (after) => [beat(), ...(after ? [delta(after, at(9), [revoked('two')])] : []), beat()]
    authority.end()
    await until(() => isRevoked(trust, 'two'))
    expect(authority.asked).toEqual([undefined, at(8)])
    expect(trust.head()).toBe(before)
    // An authority that ends a stream has its reasons.
    expect(logged('trust feed interrupted')).toEqual([])
    await until(() => logged('trust feed restored').length === 1)
  })

  test('applies nothing of a snapshot that is cut in the middle, and has it from the start then', async () => {
    const { trust } = await followReady()
    now = at(9)
    authority.greeting = () => [beat(), page(now, [revoked('one')], { last: false })]
    authority.end()
    await until(() => authority.asked.length === 2)
    authority.greeting = () => [beat(), page(now, [revoked('two')]), beat()]
    await new Promise((resolve) => setTimeout(resolve, 100))
    authority.end()
    await until(() => isRevoked(trust, 'two'))
    expect(isRevoked(trust, 'one')).toBe(false)
    expect(authority.asked).toEqual([undefined, at(7), at(7)])
  })

  test('comes back to an authority that stopped and starts again at the same place', async () => {
    const { trust, logged } = await followReady()
    await authority.close()
    await until(() => logged('trust feed interrupted').length >= 2)
    expect(trust.isUsable).toBe(true)
    const where = formatAddress(authority.address)
    // Only what the next attempt does not mend is a warning.
    for (const [index, { level, fields }] of logged('trust feed interrupted').entries()) {
      const expected = [index === 0 ? 'info' : 'warn', { authority: where, reason: expect.any(String) }]
      expect([level, fields]).toMatchObject(expected)
    }
    now = at(8)
    authority = await start(authority.address.port)
    await until(() => logged('trust feed restored').length === 1, 12_000)
    expect(trust.revision).toEqual(at(8))
  }, 15_000)

  test('waits longer from failure to failure, also where each stream begins well', async () => {
    now = at(7)
    authority.greeting = () => [beat(), page(now, [], { page: 2 })]
    const { logged } = follow()
    const times: number[] = []
    for (let count = 1; count <= 4; count += 1) {
      await until(() => logged('trust update refused').length >= count)
      times.push(performance.now())
    }
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThan(90 * 2 ** index)
  })

  test('is not ready while nobody answers, and tells why', async () => {
    await authority.close()
    const { feed } = follow()
    const refusal = await refusalOf('AUTHORITY_UNAVAILABLE', () => feed.ready(300))
    expect(refusal.message).toMatch(/^No authority answered within 0\.3 s \(.*ECONNREFUSED.*\)\. Check/)
  })

  test('is not ready where another service answers than the authority', async () => {
    const impostor = await startTrustService({ pki, clock, greeting: greet, path: 'inventory' })
    const { feed, trust } = follow({ addresses: [impostor.address] })
    const refusal = await refusalOf('AUTHORITY_UNAVAILABLE', () => feed.ready(500))
    expect(refusal.message).toContain('spiffe://shop.internal/inventory instead of')
    await refusalOf('VERIFIER_NOT_READY', () => trust.head())
  })

  test('is not ready by what nobody vouches for', async () => {
    authority.greeting = () => [beat(), page(now)]
    const { feed, trust } = follow()
    await until(() => trust.revision !== undefined)
    await refusalOf('AUTHORITY_UNAVAILABLE', () => feed.ready(100))
    authority.send(beat())
    await feed.ready(5_000)
    await feed.ready(0)
  })

  test('stops for good', async () => {
    const { feed, trust, log } = await followReady()
    feed.stop()
    feed.stop()
    authority.send(delta(at(7), at(8), [revoked('one')]))
    clock.advance(10 * MINUTE_MS)
    await authority.close()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([trust.revision, log.lines]).toEqual([at(7), []])
  })
})

describe('what cannot be right is refused, and a snapshot asked for', () => {
  const other = (revision: Revision) => ({ ...page(revision, [], { page: 2 }).snapshot })
  const BAD: Readonly<Record<string, () => readonly WatchResponse[]>> = {
    'a change that leaves one out': () => [delta(at(8), at(9), [revoked('bad')])],
    'a change that comes again': () => [delta(at(7), at(8), [revoked('good')]), delta(at(7), at(8), [revoked('bad')])],
    'a change that leads back': () => [delta(at(7), at(6), [revoked('bad')])],
    'a change to where it was': () => [delta(at(7), at(7), [revoked('bad')])],
    'a change to another epoch': () => [delta(at(7), at(8, 2), [revoked('bad')])],
    'a change without a revision': () => [
      { delta: { after: at(7), changes: { tokens: { ids: ['bad'], until: [1] } } } },
    ],
    'more IDs than times': () => [
      {
        delta: {
          after: at(7),
          revision: at(8),
          changes: { tokens: { ids: ['bad', 'worse'], until: [4_000_000_000] } },
        },
      },
    ],
    'an empty ID': () => [{ delta: { after: at(7), revision: at(8), changes: { blockedServices: [''] } } }],
    'a snapshot from its second page': () => [page(at(8), [revoked('bad')], { page: 2 })],
    'a snapshot without its second page': () => [
      page(at(8), [revoked('bad')], { last: false }),
      page(at(8), [], { page: 3 }),
    ],
    'a snapshot of two revisions': () => [page(at(8), [revoked('bad')], { last: false }), { snapshot: other(at(9)) }],
    'a snapshot of two issuers': () => [
      page(at(8), [revoked('bad')], { last: false }),
      { snapshot: { ...other(at(8)), issuer: `${ISSUER}/other` } },
    ],
    'a snapshot that begins twice': () => [page(at(8), [revoked('bad')], { last: false }), page(at(8))],
    'a snapshot without an issuer': () => [page(at(8), [revoked('bad')], { issuer: '' })],
    'an older snapshot': () => [page(at(6), [revoked('bad')])],
    'a snapshot of a lower epoch': () => [page(at(100, 0), [revoked('bad')])],
    'a change in the middle of a snapshot': () => [
      page(at(8), [revoked('bad')], { last: false }),
      delta(at(7), at(8), [revoked('bad')]),
    ],
    'a heartbeat without a revision': () => [{ heartbeat: { readAtMs: clock(), sentAtMs: clock() } }],
    'a heartbeat at no time': () => [{ heartbeat: { revision: now, readAtMs: '18446744073709551615', sentAtMs: 1 } }],
    'a message of no kind': () => [{}],
  }

  for (const [what, messages] of Object.entries(BAD)) {
    test(what, async () => {
      const { trust, logged } = await followReady()
      authority.send(...messages())
      await until(() => logged('trust update refused').length === 1)
      const [line] = logged('trust update refused')
      expect(line).toMatchObject({
        level: 'error',
        fields: { authority: formatAddress(authority.address), reason: expect.stringMatching(/\w/) },
      })
      expect(isRevoked(trust, 'bad')).toBe(false)
      expect(trust.isUsable).toBe(true)

      now = at(20)
      await until(() => trust.revision?.sequence === 20)
      expect(authority.asked).toEqual([undefined, undefined])
    })
  }

  test('but not a snapshot of a higher epoch: it takes the place of all that was known', async () => {
    authority.greeting = () => [beat(), page(now, [revoked('one')]), beat()]
    const { trust, log } = await followReady()
    authority.send(page(at(1, 2), [revoked('two')]), beat(at(1, 2)))
    await until(() => isRevoked(trust, 'two'))
    expect([isRevoked(trust, 'one'), trust.revision, log.lines]).toEqual([false, at(1, 2), []])
  })
})

describe('of two authorities', () => {
  let second: FakeTrustService
  let both: readonly Address[]

  beforeEach(async () => {
    second = await start()
    both = [authority.address, second.address]
  })

  test('the other one is followed where one is down', async () => {
    await authority.close()
    const { trust, logged } = await followReady({ addresses: both })
    expect(trust.isUsable).toBe(true)
    expect(logged('trust feed interrupted')).toHaveLength(1)
    authority = await start(authority.address.port)
    await second.close()
    await until(() => authority.asked.length === 1, 12_000)
    expect(authority.asked).toEqual([at(7)])
  }, 15_000)

  test('the other one is followed where one stays behind', async () => {
    const { trust, logged } = await followReady({ addresses: both })
    authority.send(delta(at(7), at(9)))
    await until(() => trust.revision?.sequence === 9)
    now = at(8)
    second.greeting = () => [beat(at(9)), beat(at(9))]
    for (let count = 0; count < 4; count += 1) {
      expect(logged('trust feed interrupted')).toEqual([])
      authority.send(beat())
    }
    await until(() => second.asked.length === 1)
    expect(second.asked).toEqual([at(9)])
    expect(trust.revision).toEqual(at(9))
    expect(logged('trust feed interrupted')[0]?.fields).toMatchObject({
      reason: 'the authority stays at revision 1.8, while 1.9 is known',
    })
  })

  test('the other one is followed where one says nothing at all', async () => {
    authority.greeting = () => []
    const { trust, logged } = follow({ addresses: both })
    await until(() => authority.openCount === 1)
    clock.advance(4_000)
    await until(() => trust.isUsable)
    expect(logged('trust feed interrupted')[0]?.fields).toMatchObject({ reason: 'no answer' })
  })

  test('the other one is followed where one cannot read the log any more', async () => {
    const { trust, logged } = await followReady({ addresses: both })
    const readAtMs = clock()
    for (let passed = 0; passed <= FRESH_MS; passed += HEARTBEAT_MS) {
      clock.advance(HEARTBEAT_MS)
      authority.send(heartbeat(now, { readAtMs, sentAtMs: clock() }))
    }
    await until(() => second.asked.length === 1)
    expect(logged('trust feed interrupted')[0]?.fields).toMatchObject({
      reason: 'the authority has not read the trust log for 20 s',
    })
    await until(() => trust.freshness.state === 'fresh')
  })
})

describe('an authority alone that cannot read the log', () => {
  test('is followed on: nobody else knows more, and its word ages', async () => {
    const { trust, log } = await followReady()
    const readAtMs = clock()
    for (let count = 0; count < 5; count += 1) {
      clock.advance(HEARTBEAT_MS)
      authority.send(heartbeat(now, { readAtMs, sentAtMs: clock() }))
    }
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect([trust.freshness.state, authority.openCount, log.lines]).toEqual(['stale', 1, []])
  })
})

describe('a feed that is silent', () => {
  test('is opened anew, on another connection, though the former is open', async () => {
    const relay = await openRelay(formatAddress(authority.address))
    const { trust, logged } = await followReady({ addresses: [parseAddress(relay.address)] })
    relay.freeze()
    clock.advance(FRESH_MS + 1_000)
    expect(trust.freshness.state).toBe('stale')
    await until(() => authority.asked.length === 2)
    await until(() => trust.freshness.state === 'fresh')
    expect(logged('trust feed interrupted')[0]?.fields).toMatchObject({ reason: 'nothing has come for 16 s' })
    await until(() => logged('trust feed restored').length === 1)
  })

  test('is not given up where heartbeats lie in the socket already', async () => {
    const { trust, log } = await followReady()
    for (const passed of [10 * MINUTE_MS, 60 * MINUTE_MS]) {
      clock.advance(passed)
      expect(trust.isUsable).toBe(false)
      authority.send(beat())
      await trust.untilUsable()
      expect(trust.freshness.state).toBe('fresh')
    }
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(authority.asked).toEqual([undefined])
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })

  test('is no other where all that comes is late', async () => {
    const { trust, logged } = await followReady()
    const sent = beat()
    clock.advance(FRESH_MS + 5_000)
    authority.send(sent)
    await until(() => trust.vouchCount > 1)
    expect(trust.freshness.state).toBe('stale')
    await until(() => logged('trust feed interrupted').length === 1)
    expect(logged('trust feed interrupted')[0]?.fields['reason']).toMatch(/^nothing has come for/)
    await until(() => trust.freshness.state === 'fresh')
  })

  test('is left where the clock of the authority was set ahead, which may hide how late all is', async () => {
    const { trust, logged } = await followReady()
    authority.send(heartbeat(now, { readAtMs: clock() + MINUTE_MS }))
    await until(() => authority.asked.length === 2)
    expect(logged('trust feed interrupted')[0]?.fields).toMatchObject({
      reason: 'the clock of the authority was set ahead',
    })
    await until(() => trust.freshness.state === 'fresh')
  })
})

describe('what is known', () => {
  test('is gone by for five minutes, and that it is not any more is said once', async () => {
    const { trust, logged } = await followReady()
    await authority.close()
    const dead = 'no authority has been heard for too long: calls are refused'
    clock.advance(5 * MINUTE_MS)
    expect([trust.freshness.state, logged(dead)]).toEqual(['stale', []])
    for (let count = 0; count < 3; count += 1) clock.advance(MINUTE_MS)
    expect(trust.freshness.state).toBe('dead')
    expect(logged(dead)).toHaveLength(1)
    expect(logged(dead)[0]).toMatchObject({ level: 'error', fields: { code: 'VERIFIER_NOT_READY' } })
    await refusalOf('VERIFIER_NOT_READY', () => trust.head())

    authority = await start(authority.address.port)
    await until(() => trust.isUsable, 12_000)
    clock.advance(6 * MINUTE_MS)
    expect(logged(dead)).toHaveLength(2)
  }, 15_000)

  test('is gone by for ever where a service chose so, and that is said too', async () => {
    const { trust, logged } = await followReady({ dangerouslyTrustForever: true })
    authority.greeting = () => []
    clock.advance(24 * 60 * MINUTE_MS)
    expect([trust.freshness.state, trust.isUsable]).toEqual(['dead', true])
    expect(
      logged('no authority has been heard for too long: calls are decided by what is known all the same'),
    ).toHaveLength(1)
  })

  test('tells how far the clock is off', async () => {
    authority.greeting = () =>
      [beat(), page(now), beat()].map((message) =>
        message.heartbeat ? heartbeat(now, { readAtMs: clock() - 93_000 }) : message,
      )
    const { trust } = await followReady()
    expect(trust.clockAheadMs).toBe(93_000)
    expect(trust.freshness).toEqual({ state: 'fresh', ageMs: 0 })
  })
})
