import { setTimeout as sleep } from 'node:timers/promises'
import { Metadata } from '@grpc/grpc-js'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { AuthError } from '../../src/core/errors.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { handlersOfAllKinds, startKind } from '../support/call-kinds.ts'
import type { WarehouseHandlers } from '../support/warehouse.ts'
import { Random } from './ca/random.ts'
import { useCompileCache } from './compile-cache.ts'
import { ROUNDS, SEED } from './rounds.ts'
import type { AuthorityProcess } from './trust/authority-process.ts'
import { BOUND_MS } from './trust/bounds.ts'
import { Intruder } from './trust/intruder.ts'
import { Premises } from './trust/premises.ts'
import { Suspect, type Suspicion } from './trust/suspect.ts'
import { Tally } from './trust/tally.ts'
import { quietLogger, startVerifier, type Verifier } from './trust/verifier.ts'

useCompileCache()

const RACES = Math.ceil(ROUNDS / 5)
/** Before something is revoked, and after its bound. */
const RUN_UP_MS = 200
const AFTER_MS = 300

const random = new Random(SEED)
const tally = new Tally()
afterAll(() => void process.stdout.write(`${tally}\n`))

interface Stage {
  readonly premises: Premises
  readonly authority: AuthorityProcess
  readonly operator: Workload
  readonly verifiers: readonly Verifier[]
}

async function setUp(handlers?: WarehouseHandlers): Promise<Stage> {
  const premises = await Premises.create()
  const authority = await premises.startAuthority()
  const authorities = [authority.address]
  const options = { authorities, clock: systemClock, logger: quietLogger() }
  const operator = await joinWith(await premises.credential('orders'), options)
  onTestFinished(() => operator.close())
  const credential = await premises.credential('warehouse')
  const verify = () => startVerifier({ credential, authorities, ...(handlers && { handlers }) })
  return { premises, authority, operator, verifiers: [await verify(), await verify()] }
}

/** Resolves with the time of the acknowledgement, by `performance.now`. */
async function revoke({ premises, operator }: Stage, { command, target }: Suspect): Promise<number> {
  await sleep(RUN_UP_MS * (1 + random.fraction()))
  const isCommanded = command !== undefined && (target === undefined || random.fraction() < 0.5)
  if (isCommanded) await premises.command(...command)
  else if (target !== undefined) await operator.revoke(target)
  tally.acknowledged += 1
  return performance.now()
}

describe(`whatever meets what is revoked (FAULT_SEED=${SEED}), nothing of it passes from a second later on:`, () => {
  test('tokens that are issued meanwhile, and calls with them', { timeout: 60_000 + RACES * 5_000 }, async () => {
    const stage = await setUp()
    for (let race = 0; race < RACES; race += 1) {
      const suspicions = ['client', 'service', 'client', 'service'] as const
      await Promise.all(suspicions.map((suspicion) => raceTokens(stage, suspicion)))
    }
  })

  test('certificates that are renewed meanwhile, while a service is blocked', { timeout: 300_000 }, async () => {
    const stage = await setUp()
    for (let race = 0; race < RACES; race += 1) await raceRenewals(stage)
  })

  test('streams that are started meanwhile', { timeout: 60_000 + RACES * 10_000 }, async () => {
    const ticking = handlersOfAllKinds(async function* ({ cancelled }) {
      for (; !cancelled.aborted; await sleep(10)) yield { note: 'tick' }
    })
    const stage = await setUp(ticking)
    for (let race = 0; race < RACES; race += 1) {
      const suspicions = ['token', 'grant', 'client', 'service', 'certificate', 'signingKey'] as const
      for (const suspicion of suspicions) await raceStreams(stage, suspicion)
    }
  })
})

async function raceTokens(stage: Stage, suspicion: Suspicion): Promise<void> {
  const { premises, authority, verifiers } = stage
  const guest = new Intruder(await premises.guest())
  const tokens = [await guest.token(authority.address)]
  const suspect = new Suspect(suspicion, tokens[0] ?? '', guest, verifiers)
  await suspect.requireAccepted()
  let isOver = false
  const passedAt: number[] = []
  const fetching = async () => {
    while (!isOver) {
      const token = await guest.token(authority.address).catch(requireRefusal)
      if (token !== undefined) tokens.push(token)
      await sleep(5)
    }
  }
  const calling = async ({ address }: Verifier) => {
    while (!isOver) {
      const begunAt = performance.now()
      const { status } = await guest.call(address, tokens.at(-1) ?? '')
      if (status === 'OK') passedAt.push(begunAt)
      await sleep(2)
    }
  }
  const running = [fetching(), fetching(), ...verifiers.map(calling)]
  const acknowledgedAt = await revoke(stage, suspect)
  await sleep(BOUND_MS + AFTER_MS)
  isOver = true
  await Promise.all(running)
  expect(passedAt.length).toBeGreaterThan(0)
  const lateMs = Math.max(...passedAt) - acknowledgedAt
  tally.noteLatency(`${suspicion} ‖ issue ‖ call`, Math.max(0, lateMs))
  expect(lateMs).toBeLessThan(BOUND_MS)
  for (const token of tokens) {
    for (const { address } of verifiers) expect((await guest.call(address, token)).status).not.toBe('OK')
  }
}

/** A service that was revoked is told so, or has no connection any more. */
function requireRefusal(error: unknown): undefined {
  expect(error).toBeInstanceOf(AuthError)
  expect(['TOKEN_REVOKED', 'CERTIFICATE_REVOKED', 'AUTHORITY_UNAVAILABLE']).toContain((error as AuthError).code)
}

async function raceRenewals(stage: Stage): Promise<void> {
  const { premises, authority, verifiers } = stage
  const first = await premises.guest()
  const holders: { readonly guest: Intruder; readonly token: string }[] = []
  const hold = async (guest: Intruder) => {
    const token = await guest.token(authority.address).catch(requireRefusal)
    if (token !== undefined) holders.push({ guest, token })
  }
  await hold(new Intruder(first))
  let isOver = false
  let renewed = 0
  const lateRenewals: number[] = []
  const renewing = async () => {
    while (!isOver) {
      const begunAt = performance.now()
      const credential = await premises.renew(first)
      if (credential === undefined) continue
      renewed += 1
      lateRenewals.push(begunAt)
      await hold(new Intruder(credential))
    }
  }
  const passedAt: number[] = []
  const calling = async ({ address }: Verifier) => {
    while (!isOver) {
      const begunAt = performance.now()
      const holder = holders[random.below(holders.length)]
      if (holder !== undefined && (await holder.guest.call(address, holder.token)).status === 'OK')
        passedAt.push(begunAt)
      await sleep(2)
    }
  }
  const running = [renewing(), ...verifiers.map(calling)]
  await sleep(RUN_UP_MS * (1 + 2 * random.fraction()))
  await premises.block(first)
  tally.acknowledged += 1
  const acknowledgedAt = performance.now()
  await sleep(BOUND_MS + AFTER_MS)
  isOver = true
  await Promise.all(running)
  expect(Math.min(renewed, passedAt.length)).toBeGreaterThan(0)
  expect(Math.max(...lateRenewals)).toBeLessThan(acknowledgedAt)
  const lateMs = Math.max(...passedAt) - acknowledgedAt
  tally.noteLatency('block ‖ renew ‖ call', Math.max(0, lateMs))
  expect(lateMs).toBeLessThan(BOUND_MS)
  for (const { guest, token } of holders) {
    for (const { address } of verifiers) expect((await guest.call(address, token)).status).not.toBe('OK')
  }

  await premises.unblock(first)
  await sleep(BOUND_MS)
  const credential = await premises.renew(first)
  if (credential === undefined) throw new Error('A service that is not blocked any more renews its certificate.')
  const guest = new Intruder(credential)
  const token = await guest.token(authority.address)
  for (const { address } of verifiers) expect(await guest.call(address, token)).toHaveProperty('status', 'OK')
}

async function raceStreams(stage: Stage, suspicion: Suspicion): Promise<void> {
  const { premises, authority, verifiers } = stage
  const guest = new Intruder(await premises.guest())
  const token = await guest.token(authority.address)
  const suspect = new Suspect(suspicion, token, guest, verifiers)
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  const streams: { readonly stream: ReturnType<typeof startKind>; ended?: string; endedAt?: number }[] = []
  let isOver = false
  const starting = async ({ address }: Verifier) => {
    for (; !isOver; await sleep(10)) {
      const kind = streams.length % 2 === 0 ? 'server stream' : 'bidi'
      const stream = startKind(guest.client(address), kind, { metadata, isUnfinished: true })
      const entry: (typeof streams)[number] = { stream }
      streams.push(entry)
      void stream.outcome.then(({ status }) => {
        entry.ended = status
        entry.endedAt = performance.now()
      })
    }
  }
  const running = verifiers.map(starting)
  const acknowledgedAt = await revoke(stage, suspect)
  await sleep(AFTER_MS)
  isOver = true
  await Promise.all(running)
  const isOpen = ({ ended }: (typeof streams)[number]) => ended === undefined
  while (streams.some(isOpen) && performance.now() < acknowledgedAt + BOUND_MS) await sleep(10)
  const flowed = streams.filter(({ stream }) => stream.receipts.length > 0)
  const lastEndedAt = Math.max(...flowed.map(({ endedAt = Number.POSITIVE_INFINITY }) => endedAt))
  tally.noteLatency(`${suspicion} ‖ streams`, Math.max(0, lastEndedAt - acknowledgedAt))
  expect(flowed.length).toBeGreaterThan(5)
  expect(lastEndedAt - acknowledgedAt).toBeLessThan(BOUND_MS)
  expect(streams.filter(isOpen)).toEqual([])
  for (const { ended } of streams) expect(ended).toMatch(/^(?:UNAUTHENTICATED|UNAVAILABLE)$/)
}
