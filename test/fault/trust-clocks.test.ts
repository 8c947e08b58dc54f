import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Address } from '../../src/core/address.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { startAuthority } from '../support/authority.ts'
import { CALL_KINDS, callOurs, SCOPES } from '../support/call-kinds.ts'
import { createTestCa, type TestCa } from '../support/pki.ts'
import { knows, openTestStore } from '../support/publishing.ts'
import { Warehouse } from '../support/warehouse.ts'
import { Intruder } from './trust/intruder.ts'
import { createRunningClock, type RunningClock } from './trust/running-clock.ts'
import { quietLogger, startVerifier, type Verifier } from './trust/verifier.ts'

const WAREHOUSE = `audience: warehouse, ttlSeconds: 60, scopes: [${Object.values(SCOPES).join(', ')}]`
const POLICY = `grants:
  - { caller: orders, audience: countersign/authority, scopes: [trust.revoke] }
  - { caller: orders, ${WAREHOUSE} }
  - { caller: shipping, ${WAREHOUSE} }
`

/** In seconds, how far a clock is ahead. */
const WRONG = [-30, 0, 30] as const
/** As far as two ends may differ. */
const isNear = (one: number, other: number) => Math.abs(one - other) <= 30

interface Stage {
  readonly clock: RunningClock
  readonly pki: TestCa
  readonly addresses: readonly Address[]
  join(service: string, aheadSeconds: number): Promise<Workload>
  verify(aheadSeconds: number): Promise<Verifier>
}

/** An authority for each clock, on one store. */
async function setUp(...authorities: readonly number[]): Promise<Stage> {
  const clock = createRunningClock()
  const pki = createTestCa({ clock })
  const store = await openTestStore()
  const addresses: Address[] = []
  for (const aheadSeconds of authorities) {
    const authority = await startAuthority({ pki, policy: POLICY, store, clock: clock.skewed(aheadSeconds * 1000) })
    onTestFinished(() => authority.close())
    addresses.push(authority.address)
  }
  return {
    clock,
    pki,
    addresses,
    async join(service, aheadSeconds) {
      const skewed = clock.skewed(aheadSeconds * 1000)
      const options = { authorities: addresses, clock: skewed, logger: quietLogger() }
      const workload = await joinWith(pki.credential(service), options)
      onTestFinished(() => workload.close())
      return workload
    },
    verify: (aheadSeconds) =>
      startVerifier({
        credential: pki.credential('warehouse'),
        authorities: addresses,
        clock: clock.skewed(aheadSeconds * 1000),
      }),
  }
}

/** Lets time pass, and what it brings happen. */
async function pass({ clock }: Stage, seconds: number): Promise<void> {
  clock.advance(seconds * 1000)
  await sleep(5)
}

describe.for(WRONG)(
  'an authority whose clock is ahead by %d s, verifiers and clients by as much as 30 s',
  (authority) => {
    const near = WRONG.filter((verifier) => isNear(authority, verifier))

    test('refuse no good token, whichever age it has come to', async () => {
      const stage = await setUp(authority)
      const verifiers = await Promise.all(near.map((ahead) => stage.verify(ahead)))
      const callers = await Promise.all(WRONG.map((ahead) => stage.join('orders', ahead)))
      const clients = callers.flatMap((caller) =>
        verifiers.map(({ address }) => caller.createClient(Warehouse, 'warehouse', address)),
      )
      for (let step = 0; step < 60; step += 1) {
        const kind = CALL_KINDS[step % CALL_KINDS.length] ?? 'unary'
        await Promise.all(clients.map((client) => callOurs(client, kind)))
        await pass(stage, 3)
      }
      for (const { logged } of verifiers) expect(logged('call refused')).toEqual([])
    })

    test('let pass no revoked token, whether or not the log has forgotten it by then', async () => {
      const stage = await setUp(authority)
      const verifiers = await Promise.all(near.map((ahead) => stage.verify(ahead)))
      const shipping = new Intruder(stage.pki.credential('shipping'))
      const [address] = stage.addresses
      if (address === undefined) throw new TypeError('There is an authority.')
      const token = await shipping.token(address)
      for (const verifier of verifiers)
        expect(await shipping.call(verifier.address, token)).toHaveProperty('status', 'OK')
      const operator = await stage.join('orders', 0)
      const revision = await operator.revoke({ token })
      if (revision === undefined) throw new Error('There was nothing to revoke.')
      await vi.waitUntil(() => verifiers.every(({ trust }) => knows(trust, revision)), { timeout: 2_000, interval: 2 })
      const reasons = new Set<string | undefined>()
      for (let step = 0; step < 50; step += 1) {
        await pass(stage, 4)
        // One that comes now knows what the log says now, and no more.
        const late = step % 4 === 0 ? await Promise.all(near.map((ahead) => stage.verify(ahead))) : []
        for (const verifier of [...verifiers, ...late]) {
          const { status, reason } = await shipping.call(verifier.address, token)
          expect(status, `${step}`).toBe('UNAUTHENTICATED')
          reasons.add(reason)
        }
        await Promise.all(late.map(({ workload }) => workload.close()))
      }
      expect([...reasons]).toEqual(['TOKEN_REVOKED', 'TOKEN_EXPIRED'])
    })
  },
)

describe.for(
  WRONG.flatMap((floor) => WRONG.filter((other) => isNear(floor, other)).map((issuer) => ({ floor, issuer }))),
)('tokens of an authority ahead by $issuer s, revoked up to now at one ahead by $floor s', ({ floor, issuer }) => {
  test('are refused, and those of a minute later are good', async () => {
    const stage = await setUp(floor, issuer)
    const [revoker, issuing] = stage.addresses
    if (revoker === undefined || issuing === undefined) throw new TypeError('There are two authorities.')
    const verifiers = await Promise.all(
      WRONG.filter((verifier) => isNear(verifier, floor) && isNear(verifier, issuer)).map((ahead) =>
        stage.verify(ahead),
      ),
    )
    expect(verifiers.length).toBeGreaterThan(0)
    const shipping = new Intruder(stage.pki.credential('shipping'))
    const before = await shipping.token(issuing)
    for (const { address } of verifiers) expect(await shipping.call(address, before)).toHaveProperty('status', 'OK')
    const options = { authorities: [revoker], clock: stage.clock, logger: quietLogger() }
    const operator = await joinWith(stage.pki.credential('orders'), options)
    onTestFinished(() => operator.close())
    const revision = await operator.revoke({ client: shipping.credential.serviceId })
    if (revision === undefined) throw new Error('There was nothing to revoke.')
    await vi.waitUntil(() => verifiers.every(({ trust }) => knows(trust, revision)), { timeout: 2_000, interval: 2 })
    for (const { address } of verifiers) {
      expect(await shipping.call(address, before)).toHaveProperty('reason', 'TOKEN_REVOKED')
    }
    await pass(stage, 62)
    const after = await shipping.token(issuing)
    for (const { address } of verifiers) expect(await shipping.call(address, after)).toHaveProperty('status', 'OK')
  })
})

describe('a clock that is wrong by more than 30 s', () => {
  test.for([
    { ahead: -32, reason: 'TOKEN_NOT_YET_VALID', named: "this service's clock is 32 s behind the authority's", age: 0 },
    { ahead: 32, reason: 'TOKEN_EXPIRED', named: "this service's clock is 32 s ahead of the authority's", age: 59 },
  ])('is named in what it refuses with $reason, and in the log', async ({ ahead, reason, named, age }) => {
    const stage = await setUp(0)
    const verifier = await stage.verify(ahead)
    expect(verifier.logged(`${named}: good tokens will be refused`)).toHaveLength(1)
    const [address] = stage.addresses
    if (address === undefined) throw new TypeError('There is an authority.')
    const shipping = new Intruder(stage.pki.credential('shipping'))
    const token = await shipping.token(address)
    await pass(stage, age)
    const outcome = await shipping.call(verifier.address, token)
    expect(outcome).toHaveProperty('reason', reason)
    const [refused] = verifier.logged('call refused')
    expect(`${outcome.details} ${JSON.stringify(refused?.fields)}`).toContain(named)
  })
})
