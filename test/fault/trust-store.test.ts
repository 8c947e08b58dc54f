import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { CallError } from '../../src/interceptor/call-error.ts'
import type { Revision } from '../../src/trust/revision.ts'
import type { TrustState } from '../../src/trust/trust-state.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { knows } from '../support/publishing.ts'
import { useCompileCache } from './compile-cache.ts'
import { ROUNDS } from './rounds.ts'
import type { AuthorityProcess } from './trust/authority-process.ts'
import { Intruder } from './trust/intruder.ts'
import { Premises } from './trust/premises.ts'
import { Regulars } from './trust/regulars.ts'
import { REVOCABLES, type Revocable, standing } from './trust/revocable.ts'
import { quietLogger, startVerifier, type Verifier } from './trust/verifier.ts'

useCompileCache()

interface Stage {
  readonly premises: Premises
  readonly authority: AuthorityProcess
  readonly orders: Workload
  readonly verifier: Verifier
}

async function setUp(): Promise<Stage> {
  const premises = await Premises.create()
  const authority = await premises.startAuthority()
  const orders = await join({ premises, authority })
  const authorities = [authority.address]
  const verifier = await startVerifier({ credential: await premises.credential('warehouse'), authorities })
  return { premises, authority, orders, verifier }
}

async function join({ premises, authority }: Pick<Stage, 'premises' | 'authority'>): Promise<Workload> {
  const options = { authorities: [authority.address], clock: systemClock, logger: quietLogger() }
  const orders = await joinWith(await premises.credential('orders'), options)
  onTestFinished(() => orders.close())
  return orders
}

const KINDS = Object.entries(REVOCABLES)
/** Those of one statement are killed alike: one of them is tried in each short run, and what falls with certificates. */
const CHOSEN = ROUNDS >= 50 ? KINDS : KINDS.filter(([kind]) => kind === 'service' || kind === oneOfOthers())

function oneOfOthers(): string {
  const others = KINDS.map(([kind]) => kind).filter((kind) => kind !== 'service')
  return others[ROUNDS % others.length] ?? ''
}

describe('wherever in a revocation an authority is killed, it stands whole or not at all, and the next one stands', () => {
  test.for(CHOSEN)('%s', { timeout: 120_000 }, async ([, create]) => {
    const stage = await setUp()
    const { premises, authority, orders, verifier } = stage
    const regulars = new Regulars(orders, [verifier.address])
    let deaths = 0
    let operator = await join(stage)
    for (let isAlive = false; !isAlive; deaths += isAlive ? 0 : 1) {
      const revocable = await create(premises, authority)
      await authority.befall('die', deaths + 1)
      const revision = await attempt(operator, revocable)
      isAlive = revision !== undefined
      if (revision !== undefined) {
        expect(await standing(premises, revocable)).toEqual(revocable.changes)
        await untilKnown(verifier, revision)
      } else {
        await authority.died()
        expect([[], revocable.changes]).toContainEqual(await standing(premises, revocable))
        await authority.start()
        operator = await join(stage) // who was there before waits a while longer
        expect(await attempt(operator, revocable)).toBeDefined()
        expect(await standing(premises, revocable)).toEqual(revocable.changes)
      }
    }
    // Before and after a transaction, and at each of its statements.
    expect(deaths).toBeGreaterThanOrEqual(5)
    await regulars.stop()
    expect(regulars.problems).toEqual([])
  })
})

/** Revokes; `undefined` where nobody answered. */
async function attempt(orders: Workload, { target }: Revocable): Promise<Revision | undefined> {
  try {
    return await orders.revoke(target)
  } catch (error) {
    expect(error).toBeInstanceOf(CallError)
    expect(error).toHaveProperty('reason', undefined)
    return undefined
  }
}

async function untilKnown({ trust }: { readonly trust: TrustState }, revision: Revision): Promise<void> {
  await vi.waitUntil(() => knows(trust, revision), { timeout: 10_000, interval: 5 })
}

describe.for([
  ['the disk is full', 'full'],
  ['the store can only be read', 'readonly'],
] as const)('while %s', ([, mishap]) => {
  test('no revocation is acknowledged, each is refused with STORE_UNAVAILABLE, and services hear nothing of it', async () => {
    const { premises, authority, orders, verifier } = await setUp()
    const regulars = new Regulars(orders, [verifier.address])
    const revocables: Revocable[] = []
    for (let round = 0; round < Math.ceil(ROUNDS / 10); round += 1) {
      for (const create of Object.values(REVOCABLES)) revocables.push(await create(premises, authority))
    }
    await vi.waitUntil(() => verifier.trust.freshness.state === 'fresh')
    const { revision, vouchCount } = verifier.trust
    await authority.befall(mishap)
    const refusals = await Promise.all(
      revocables.map(({ target }) => orders.revoke(target).catch((error: CallError) => error.reason)),
    )
    expect(new Set(refusals)).toEqual(new Set(['STORE_UNAVAILABLE']))
    // Reading goes on: tokens are issued, and the next heartbeat says that nothing is newer.
    await new Intruder(await premises.guest()).token(authority.address)
    await vi.waitUntil(() => verifier.trust.vouchCount > vouchCount, { timeout: 8_000 })
    expect(verifier.trust.revision).toEqual(revision)
    for (const revocable of revocables) expect(await standing(premises, revocable)).toEqual([])

    await authority.befall(undefined)
    for (const revocable of revocables) {
      const now = await orders.revoke(revocable.target)
      if (now === undefined) throw new Error('There was nothing to revoke.')
      expect(await standing(premises, revocable)).toEqual(revocable.changes)
      await untilKnown(verifier, now)
    }
    await regulars.stop()
    expect([regulars.problems, verifier.logged('trust feed interrupted')]).toEqual([[], []])
  })
})
