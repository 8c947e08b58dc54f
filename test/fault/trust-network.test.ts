import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CallError } from '../../src/interceptor/call-error.ts'
import { FRESH_MS, HEARTBEAT_MS } from '../../src/trust/freshness.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import { startAuthority, type TestAuthority } from '../support/authority.ts'
import type { WarehouseServiceClient } from '../support/call-kinds.ts'
import { createTestCa } from '../support/pki.ts'
import { openTestStore, origin, refuses, revokedToken } from '../support/publishing.ts'
import { Warehouse } from '../support/warehouse.ts'
import { ROUNDS } from './rounds.ts'
import { type Conditions, Link } from './trust/link.ts'
import { createRunningClock, type RunningClock } from './trust/running-clock.ts'
import { quietLogger, startVerifier, type Verifier } from './trust/verifier.ts'

const POLICY = 'grants: [{ caller: orders, audience: warehouse, scopes: [warehouse.pick] }]'

/** Nothing comes any more. */
const SILENCES: Readonly<Record<string, Conditions>> = {
  'stalled: nothing is read from it': { isStalled: true },
  'half-open: requests arrive, and nothing comes back': { holdsAnswers: true },
  'a black hole: nothing arrives on either side': { holdsRequests: true, holdsAnswers: true },
}

const SLOW = { 'slow: everything comes 20 s late': { delayMs: 20_000 } }

/** A process that was paused may find heartbeats in its sockets: it looks twice, a second apart. Then it waits a moment. */
const MARGIN_MS = 2_500

interface Stage {
  readonly clock: RunningClock
  readonly authorities: readonly TestAuthority[]
  readonly links: readonly Link[]
  readonly verifier: Verifier
  readonly client: WarehouseServiceClient
  /** Revokes a token, and resolves once the verifier knows. */
  revoke(id: string): Promise<void>
}

async function setUp(count: number): Promise<Stage> {
  const clock = createRunningClock()
  const pki = createTestCa({ clock })
  const store = await openTestStore()
  const authorities: TestAuthority[] = []
  const links: Link[] = []
  for (let index = 0; index < count; index += 1) {
    const authority = await startAuthority({ pki, policy: POLICY, store, clock })
    onTestFinished(() => authority.close())
    authorities.push(authority)
    links.push(await Link.to(authority.address, clock))
  }
  const options = { authorities: authorities.map(({ address }) => address), clock, logger: quietLogger() }
  const orders = await joinWith(pki.credential('orders'), options)
  onTestFinished(() => orders.close())
  const verifier = await startVerifier({
    credential: pki.credential('warehouse'),
    authorities: links.map(({ address }) => address),
    clock,
  })
  const client = orders.createClient(Warehouse, 'warehouse', verifier.address)
  await client.pick({})
  const revoke = async (id: string) => {
    await store.trustLog.append([revokedToken(id)], { ...origin, at: clock() })
    await vi.waitUntil(() => refuses(verifier.trust, id), { timeout: 1_000, interval: 2 })
  }
  return { clock, authorities, links, verifier, client, revoke }
}

/** That through which the verifier hears of an authority. */
function linkInUse({ links }: Stage): Link {
  const link = links.find(({ isInUse }) => isInUse)
  if (link === undefined) throw new Error('No feed goes through any link.')
  return link
}

/** Lets time pass, in steps so small that a heartbeat comes in each. */
async function pass({ clock }: Stage, milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= HEARTBEAT_MS) {
    clock.advance(Math.min(left, HEARTBEAT_MS))
    await sleep(20)
  }
}

const interruptions = ({ verifier }: Stage) =>
  verifier.logged('trust feed interrupted').map(({ fields }) => String(fields['reason']))

describe('beside another authority, a feed that is', () => {
  test('cut is taken up at the other within a second', async () => {
    const stage = await setUp(2)
    for (let round = 0; round < 4; round += 1) {
      linkInUse(stage).cut()
      await stage.revoke(`after cut ${round}`)
      await vi.waitUntil(() => stage.verifier.logged('trust feed restored').length === round + 1, { timeout: 1_000 })
      await stage.client.pick({})
    }
    expect(interruptions(stage)).toHaveLength(4)
  })

  for (const [silence, conditions] of Object.entries({ ...SILENCES, ...SLOW })) {
    test(`${silence}, is noticed by its heartbeats, and the other is followed`, async () => {
      const stage = await setUp(2)
      const link = linkInUse(stage)
      link.become(conditions)
      await pass(stage, FRESH_MS + 1_000)
      await vi.waitUntil(() => stage.verifier.logged('trust feed restored').length === 1, { timeout: MARGIN_MS })
      expect(interruptions(stage)).toEqual([expect.stringMatching(/^nothing has come for (?:1[5-9]|2\d) s$/)])
      expect(stage.verifier.trust.freshness.state).toBe('fresh')
      await stage.revoke('once moved over')
      link.become({})
      await pass(stage, 2 * FRESH_MS)
      await stage.revoke('later')
      await stage.client.pick({})
      expect(interruptions(stage)).toHaveLength(1)
    })
  }
})

describe('alone, a feed that is', () => {
  for (const [silence, conditions] of Object.entries(SILENCES)) {
    test(`${silence}, ages for five minutes, in which calls go on, then none is let through until it is well`, async () => {
      const stage = await setUp(1)
      const { verifier, client, clock } = stage
      const link = linkInUse(stage)
      link.become(conditions)
      const states = new Set<string>()
      for (let passedMs = 0; passedMs < 290_000; passedMs += 10_000) {
        await pass(stage, 10_000)
        states.add(verifier.trust.freshness.state)
        await client.pick({})
      }
      expect([...states]).toEqual(['fresh', 'stale'])
      clock.advance(20_000)
      const refused = await client.pick({}).catch((error: CallError) => error)
      expect(refused).toBeInstanceOf(CallError)
      expect(refused).toHaveProperty('reason', 'VERIFIER_NOT_READY')
      await vi.waitUntil(
        () => verifier.logged('no authority has been heard for too long: calls are refused').length === 1,
      )

      link.become({})
      await vi.waitUntil(() => verifier.trust.freshness.state === 'fresh', { timeout: 16_000 })
      await client.pick({})
      await stage.revoke('once well')
    })
  }
})

describe('a feed whose connection is lost, of which nobody is told,', () => {
  test('is noticed by its heartbeats, and opened anew on another connection', async () => {
    const stage = await setUp(1)
    linkInUse(stage).lose()
    await pass(stage, FRESH_MS + 1_000)
    await vi.waitUntil(() => stage.verifier.trust.freshness.state === 'fresh', { timeout: MARGIN_MS })
    await stage.revoke('on another connection')
  })

  // A handshake is given 10 s, by no clock that a test can move.
  test.runIf(ROUNDS >= 50)('is also opened anew where it is lost in the middle of a handshake', async () => {
    const stage = await setUp(1)
    const link = linkInUse(stage)
    link.become({ holdsAnswers: true, holdsRequests: true })
    await pass(stage, FRESH_MS + 1_000)
    await sleep(MARGIN_MS)
    link.lose()
    link.become({})
    await vi.waitUntil(() => stage.verifier.trust.freshness.state === 'fresh', { timeout: 17_000 })
    await stage.revoke('on another connection')
  })
})

describe('a feed that is late', () => {
  test('by 20 s goes on where there is no other: what is known is never fresh, and always gone by', async () => {
    const stage = await setUp(1)
    const { verifier } = stage
    const link = linkInUse(stage)
    link.become({ delayMs: 20_000 })
    await pass(stage, FRESH_MS + 1_000)
    for (let passedMs = 0; passedMs < 600_000; passedMs += 10_000) {
      await pass(stage, 10_000)
      expect(verifier.trust.freshness.state).toBe('stale')
      await stage.client.pick({})
    }
    link.become({})
    await vi.waitUntil(() => verifier.trust.freshness.state === 'fresh', { timeout: 16_000 })
  })

  test('by 4 s is followed on: what it tells is old, and known to be', async () => {
    const stage = await setUp(2)
    linkInUse(stage).become({ delayMs: 4_000 })
    const ages: number[] = []
    for (let count = 0; count < 12; count += 1) {
      await pass(stage, HEARTBEAT_MS)
      const { freshness } = stage.verifier.trust
      if (freshness.state !== 'empty') ages.push(freshness.ageMs)
    }
    // From the second on: the first has come before.
    expect(Math.min(...ages.slice(2))).toBeGreaterThanOrEqual(4_000)
    expect(Math.max(...ages)).toBeLessThanOrEqual(FRESH_MS)
    expect(interruptions(stage)).toEqual([])
    await stage.client.pick({})
  })
})
