import { once } from 'node:events'
import { setTimeout, setImmediate as turn } from 'node:timers/promises'
import type {
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { toEpochSeconds } from '../../src/core/clock.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { LiveCalls } from '../../src/interceptor/live-calls.ts'
import type { MeshServer } from '../../src/interceptor/mesh-server.ts'
import type { Revocation } from '../../src/trust/change.ts'
import {
  CALL_KINDS,
  type CallKind,
  CERTIFICATE_METHODS,
  callKind,
  handlersOfAllKinds,
  type MethodsByKind,
  pathOf,
  startKind,
  TOKEN_METHODS,
} from '../support/call-kinds.ts'
import { type GuardedWarehouse, guardedWarehouse } from '../support/guarded-warehouse.ts'
import { bearing } from '../support/target.ts'
import { revoke } from '../support/trust.ts'
import { type Order, plainHandlers, type Receipt, Warehouse } from '../support/warehouse.ts'

const MINUTE_MS = 60_000
const FIRST = { note: 'first' }
const LATE = { note: 'late' }

/** Calls that have begun, handlers that were told of the end, and requests that they received after it. */
let begun: CallKind[]
let told: CallKind[]
let receivedLate: unknown[]

beforeEach(() => {
  begun = []
  told = []
  receivedLate = []
})

/** Handlers of ours that hold their calls, and go on as if nothing had happened when they are told of the end. */
const ours = (server: MeshServer) =>
  server.addService(
    Warehouse,
    handlersOfAllKinds(async function* ({ kind, requests, cancelled }) {
      begun.push(kind)
      yield FIRST
      if (!cancelled.aborted) await once(cancelled, 'abort')
      told.push(kind)
      try {
        if (kind === 'client stream' || kind === 'bidi') for await (const { sku } of requests) receivedLate.push(sku)
      } catch {}
      yield LATE
    }),
  )

type Callback = sendUnaryData<Receipt>

/** The same as people wrote them for grpc-js. */
const stock = (server: MeshServer) => {
  const hold = (kind: CallKind, call: NodeJS.EventEmitter, answer: () => void) => {
    begun.push(kind)
    call.on('cancelled', () => {
      told.push(kind)
      call.on('data', ({ sku }: Order) => receivedLate.push(sku))
      answer()
    })
  }
  const unary = (call: ServerUnaryCall<Order, Receipt>, callback: Callback) =>
    hold('unary', call, () => callback(null, LATE))
  const clientStream = (call: ServerReadableStream<Order, Receipt>, callback: Callback) =>
    hold('client stream', call, () => callback(null, LATE))
  const responses =
    (kind: CallKind) => (call: ServerWritableStream<Order, Receipt> | ServerDuplexStream<Order, Receipt>) => {
      call.on('error', () => {})
      call.write(FIRST)
      hold(kind, call, () => {
        call.write(LATE)
        call.end()
      })
    }
  const implementation: UntypedServiceImplementation = {
    ...Object.fromEntries(Object.keys(Warehouse.service).map((name) => [name, unary])),
    Pick: unary,
    Count: unary,
    Store: clientStream,
    CountAll: clientStream,
    Follow: responses('server stream'),
    CountOn: responses('server stream'),
    Exchange: responses('bidi'),
    CountAlong: responses('bidi'),
  }
  server.addService(Warehouse.service, implementation)
}

const HANDLERS = { ours, 'grpc-js': stock } as const
const isAnsweredInStream = (kind: CallKind) => kind === 'server stream' || kind === 'bidi'

interface HoldOptions {
  readonly methods?: MethodsByKind
  readonly caller?: Credential
}

/** A call of `orders` that its handler holds. */
async function hold(warehouse: GuardedWarehouse, kind: CallKind, options: HoldOptions = {}) {
  const { methods = TOKEN_METHODS, caller = callerIn(warehouse) } = options
  const client = warehouse.client(caller)
  const token = warehouse.token(caller, { tokenId: 'the-token', grantId: 'the-grant' })
  const metadata = bearing(token)
  const call = startKind(client, kind, { methods, metadata, isUnfinished: true })
  await vi.waitUntil(() => begun.length > 0)
  if (isAnsweredInStream(kind)) await call.flowing
  return { call, client, caller, metadata }
}

const callerIn = ({ pki }: GuardedWarehouse): Credential => pki.credential('orders')
const until = ({ clock }: GuardedWarehouse) => toEpochSeconds(clock()) + 3600
const refusalsIn = ({ log }: GuardedWarehouse) => log.lines.filter(({ message }) => message === 'call refused')

describe.each(Object.entries(HANDLERS))('a call under way, with handlers of %s,', (_, addTo) => {
  const REASONS: readonly (readonly [
    title: string,
    reason: string,
    revocationIn: (warehouse: GuardedWarehouse) => Revocation,
  ])[] = [
    ['its token', 'TOKEN_REVOKED', (warehouse) => ({ kind: 'token', id: 'the-token', until: until(warehouse) })],
    ['its grant', 'TOKEN_REVOKED', (warehouse) => ({ kind: 'grant', id: 'the-grant', until: until(warehouse) })],
    [
      'its service',
      'CERTIFICATE_REVOKED',
      () => ({ kind: 'block', id: 'spiffe://shop.internal/orders', isLifted: false }),
    ],
  ]
  for (const [title, reason, revocationIn] of REASONS) {
    for (const kind of CALL_KINDS) {
      test(`ends once ${title} is revoked, and nothing is delivered after: ${kind}`, async () => {
        const warehouse = await guardedWarehouse({ addTo })
        const { call } = await hold(warehouse, kind)
        revoke(warehouse.trust, revocationIn(warehouse))
        call.send({ sku: 'late' })
        const outcome = await call.outcome
        expect(outcome).toMatchObject({ status: 'UNAUTHENTICATED', reason })
        expect(outcome.receipts.map(({ note }) => note)).toEqual(isAnsweredInStream(kind) ? ['first'] : [])
        await vi.waitUntil(() => told.length > 0)
        await turn()
        expect(receivedLate.filter((sku) => sku === 'late')).toEqual([])
        const { decisionId } = outcome
        expect(refusalsIn(warehouse)).toMatchObject([{ fields: { code: reason, decisionId, method: pathOf(kind) } }])
      })
    }
  }

  test('by certificate alone ends with that, and so does the connection, soon after', async () => {
    const warehouse = await guardedWarehouse({ addTo })
    const caller = callerIn(warehouse)
    const { call, client } = await hold(warehouse, 'bidi', { methods: CERTIFICATE_METHODS, caller })
    revoke(warehouse.trust, { kind: 'block', id: caller.serviceId, isLifted: false })
    expect(await call.outcome).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'CERTIFICATE_REVOKED' })
    const cut = () => warehouse.log.lines.find(({ message }) => message === 'connection cut')
    await vi.waitUntil(() => cut() !== undefined)
    expect(cut()?.fields).toMatchObject({ code: 'CERTIFICATE_REVOKED', caller: caller.serviceId })
    // Then a connection is refused before any call.
    const refused = () => warehouse.log.lines.find(({ message }) => message === 'handshake refused')
    await vi.waitUntil(async () => (await callKind(client, 'unary')) && refused() !== undefined, { timeout: 10_000 })
    expect(refused()?.fields).toMatchObject({
      code: 'CERTIFICATE_REVOKED',
      reason: expect.stringContaining(caller.serviceId),
    })
  })

  test.each(CALL_KINDS)('goes on where another is revoked: %s', async (kind) => {
    const warehouse = await guardedWarehouse({ addTo })
    const { call } = await hold(warehouse, kind)
    revoke(
      warehouse.trust,
      { kind: 'token', id: 'another', until: until(warehouse) },
      { kind: 'block', id: 'spiffe://shop.internal/shipping', isLifted: false },
      { kind: 'subject', id: 'spiffe://shop.internal/orders', upTo: toEpochSeconds(warehouse.clock()) - 31 },
    )
    await turn()
    expect(told).toEqual([])
    call.cancel()
    await vi.waitUntil(() => told.length > 0)
    expect(refusalsIn(warehouse)).toEqual([])
  })
})

describe('a stream', () => {
  const STREAMS = CALL_KINDS.filter((kind) => kind !== 'unary')

  test.each(STREAMS)('ends when its token is over, by 30 s, and with that reason: %s', async (kind) => {
    const warehouse = await guardedWarehouse({ addTo: ours, maxStalenessMs: 60 * MINUTE_MS })
    const { call, client, caller } = await hold(warehouse, kind)
    const over = (toEpochSeconds(warehouse.clock()) + 300 + 30) * 1000
    warehouse.clock.set(over - 1)
    await turn()
    expect(told).toEqual([])
    warehouse.clock.set(over + 1_000)
    expect(await call.outcome).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED' })
    begun = []
    const again = startKind(client, kind, { metadata: bearing(warehouse.token(caller)) })
    await vi.waitUntil(() => begun.length > 0)
    again.cancel()
  })

  test.each(STREAMS)('ends when its certificate is over, with that reason, before its connection: %s', async (kind) => {
    const warehouse = await guardedWarehouse({ addTo: ours, maxStalenessMs: Number.MAX_SAFE_INTEGER })
    const caller = callerIn(warehouse)
    const { call } = await hold(warehouse, kind, { methods: CERTIFICATE_METHODS, caller })
    warehouse.clock.set(caller.notAfter)
    await turn()
    expect(told).toEqual([])
    warehouse.clock.advance(1_000)
    expect(await call.outcome).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'CERTIFICATE_EXPIRED' })
  })

  test('ends where no authority was heard for too long, and calls come in again once one is', async () => {
    const warehouse = await guardedWarehouse({ addTo: ours })
    const { call, client, caller } = await hold(warehouse, 'server stream', { methods: CERTIFICATE_METHODS })
    warehouse.clock.advance(5 * MINUTE_MS + 1)
    const refused = { status: 'UNAVAILABLE', reason: 'VERIFIER_NOT_READY' }
    expect(await call.outcome).toMatchObject(refused)
    const kinds = CALL_KINDS.flatMap((kind) => [
      callKind(client, kind, { methods: CERTIFICATE_METHODS }),
      callKind(client, kind, { metadata: bearing(warehouse.token(caller)) }),
    ])
    for (const outcome of kinds) expect(await outcome).toMatchObject(refused)
    begun = []
    const waiting = startKind(client, 'unary', { methods: CERTIFICATE_METHODS })
    revoke(warehouse.trust)
    await vi.waitUntil(() => begun.length > 0)
    waiting.cancel()
  })
})

test('what waits for a slow reader when the revocation comes is not sent any more', async () => {
  let begun = 0
  const addTo = (server: MeshServer) =>
    server.addService(Warehouse, {
      ...plainHandlers,
      async *follow() {
        for (;;) {
          begun += 1
          yield { filling: Buffer.alloc(200_000) }
        }
      },
    })
  const warehouse = await guardedWarehouse({ addTo })
  const caller = callerIn(warehouse)
  const metadata = bearing(warehouse.token(caller, { tokenId: 'the-token' }))
  const call = startKind(warehouse.client(caller), 'server stream', { metadata })
  call.pause()
  // The client's own buffer takes some; then the handler has to wait.
  await vi.waitUntil(async () => {
    const before = begun
    await setTimeout(50)
    return begun > 1 && begun === before
  })
  const waiting = begun
  revoke(warehouse.trust, { kind: 'token', id: 'the-token', until: until(warehouse) })
  call.resume()
  const { reason, receipts } = await call.outcome
  expect(reason).toBe('TOKEN_REVOKED')
  expect(receipts.length).toBeLessThanOrEqual(waiting)
  expect(begun).toBeLessThanOrEqual(waiting + 1)
})

test('a method that is answered without trust is answered where nothing else is', async () => {
  const addTo = (server: MeshServer) => server.addService(Warehouse, plainHandlers)
  const answeredWithoutTrust = new Set([Warehouse.service.Count.path])
  const warehouse = await guardedWarehouse({ addTo, answeredWithoutTrust })
  const client = warehouse.client(callerIn(warehouse))
  warehouse.clock.advance(5 * MINUTE_MS + 1)
  expect(await callKind(client, 'unary', { methods: CERTIFICATE_METHODS })).toMatchObject({ status: 'OK' })
  const others = CALL_KINDS.filter((kind) => kind !== 'unary')
  const outcomes = others.map((kind) => callKind(client, kind, { methods: CERTIFICATE_METHODS }))
  for (const outcome of outcomes) expect(await outcome).toMatchObject({ reason: 'VERIFIER_NOT_READY' })
})

test.each(CALL_KINDS)('a token that is revoked opens no call, one that was used before neither: %s', async (kind) => {
  const warehouse = await guardedWarehouse({ addTo: (server) => server.addService(Warehouse, plainHandlers) })
  const caller = callerIn(warehouse)
  const client = warehouse.client(caller)
  const tokens = ['used', 'new'].map((tokenId) => warehouse.token(caller, { tokenId }))
  const [used = '', fresh = ''] = tokens
  expect(await callKind(client, kind, { metadata: bearing(used) })).toMatchObject({ status: 'OK' })
  revoke(
    warehouse.trust,
    { kind: 'token', id: 'used', until: until(warehouse) },
    { kind: 'token', id: 'new', until: until(warehouse) },
  )
  for (const token of [used, fresh, fresh]) {
    const outcome = await callKind(client, kind, { metadata: bearing(token) })
    expect(outcome).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'TOKEN_REVOKED', receipts: [] })
  }
  expect(await callKind(client, kind, { metadata: bearing(warehouse.token(caller)) })).toMatchObject({ status: 'OK' })
})

test('a service that was blocked is let in again once that is lifted, over a new connection', async () => {
  const warehouse = await guardedWarehouse({ addTo: (server) => server.addService(Warehouse, plainHandlers) })
  const caller = callerIn(warehouse)
  const client = warehouse.client(caller)
  const call = () => callKind(client, 'unary', { metadata: bearing(warehouse.token(caller)) })
  expect(await call()).toMatchObject({ status: 'OK' })
  revoke(warehouse.trust, { kind: 'block', id: caller.serviceId, isLifted: false })
  expect(await call()).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'CERTIFICATE_REVOKED' })
  revoke(warehouse.trust, { kind: 'block', id: caller.serviceId, isLifted: true })
  await vi.waitUntil(async () => (await call()).status === 'OK', { timeout: 10_000 })
})

test('no call is kept once it is over, however it ended', async () => {
  const kept = new Set<object>()
  const [begin, end] = [vi.spyOn(LiveCalls.prototype, 'begin'), vi.spyOn(LiveCalls.prototype, 'end')]
  onTestFinished(() => {
    begin.mockRestore()
    end.mockRestore()
  })
  const warehouse = await guardedWarehouse({ addTo: (server) => server.addService(Warehouse, plainHandlers) })
  const caller = callerIn(warehouse)
  const client = warehouse.client(caller)
  const metadata = bearing(warehouse.token(caller, { tokenId: 'the-token' }))
  for (let round = 0; round < 50; round += 1) {
    const calls = CALL_KINDS.flatMap((kind) => {
      const cancelled = startKind(client, kind, { metadata, isUnfinished: true })
      const left = cancelled.outcome
      setImmediate(() => cancelled.cancel())
      return [callKind(client, kind, { metadata }), callKind(client, kind), left]
    })
    await Promise.all(calls)
  }
  const open = (['client stream', 'bidi'] as const).map((kind) =>
    startKind(client, kind, { metadata, isUnfinished: true }),
  )
  await vi.waitUntil(() => begin.mock.calls.length > end.mock.calls.length)
  revoke(warehouse.trust, { kind: 'token', id: 'the-token', until: until(warehouse) })
  for (const { outcome } of open) expect(await outcome).toMatchObject({ reason: 'TOKEN_REVOKED' })
  await callKind(client, 'unary')
  for (const [call] of begin.mock.calls) kept.add(call)
  await vi.waitUntil(() => {
    for (const [call] of end.mock.calls) kept.delete(call)
    return kept.size === 0
  })
  expect(begin.mock.calls.length).toBeGreaterThan(400)
})
