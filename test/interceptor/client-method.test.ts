import { getEventListeners } from 'node:events'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { CallError } from '../../src/interceptor/call-error.ts'
import {
  CALL_KINDS,
  type CallKind,
  CERTIFICATE_METHODS,
  callOurs,
  handlersOfAllKinds,
  type OurCall,
  type ReceivedKind,
  TOKEN_METHODS,
  type WarehouseServiceClient,
} from '../support/call-kinds.ts'
import { startMesh, type TestMesh } from '../support/mesh.ts'
import { unhandledDuring } from '../support/unhandled.ts'
import { type Order, type Receipt, Warehouse } from '../support/warehouse.ts'

const REQUEST_STREAMS = ['client stream', 'bidi'] as const
const RESPONSE_STREAMS = ['server stream', 'bidi'] as const
const MAX_UNSENT = 2_500_000

type Handle = (received: ReceivedKind) => AsyncIterable<Receipt>

/** Answers each request with its own name. */
const echo: Handle = async function* ({ requests }) {
  for await (const { sku } of requests) yield { note: sku ?? '' }
}

/** Answers once, then waits until it is cancelled. */
const linger: Handle = async function* ({ cancelled }) {
  yield { note: 'first' }
  await new Promise((resolve) => cancelled.addEventListener('abort', resolve))
}

let handle: Handle = echo
const seen = { begun: 0, running: 0 }
let mesh: TestMesh
let warehouse: WarehouseServiceClient

beforeAll(async () => {
  const handlers = handlersOfAllKinds(async function* (received) {
    seen.begun += 1
    seen.running += 1
    try {
      yield* handle(received)
    } finally {
      seen.running -= 1
    }
  })
  mesh = await startMesh(handlers)
  warehouse = (await mesh.join('orders')).createClient(Warehouse, 'warehouse', mesh.address)
})
afterAll(() => mesh.close())
beforeEach(() => {
  seen.begun = 0
  handle = echo
})

const call = (kind: CallKind, sent: OurCall = {}) => callOurs(warehouse, kind, sent)
const handlersToEnd = () => vi.waitUntil(() => seen.running === 0, { timeout: 5_000 })

async function failureOf(outcome: Promise<unknown>): Promise<CallError> {
  const failure = await outcome.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(CallError)
  return failure as CallError
}

/** Requests without end, and what becomes of them. */
function watchedRequests(size = 50_000) {
  const watch = { sent: 0, isClosed: false, requests: generate() }
  async function* generate(): AsyncGenerator<Order> {
    try {
      for (;;) {
        watch.sent += 1
        yield { filling: Buffer.alloc(size) }
      }
    } finally {
      watch.isClosed = true
    }
  }
  return watch
}

/** An iterator that has nothing to give, until it is closed. */
function stuckRequests() {
  const watch = { isClosed: false, requests: { [Symbol.asyncIterator]: () => iterator } }
  const iterator: AsyncIterator<Order> = {
    next: () => new Promise(() => {}),
    async return() {
      watch.isClosed = true
      return { done: true, value: undefined }
    },
  }
  return watch
}

describe('a method of a service client', () => {
  test('sends what it is given, and gives what is answered', async () => {
    const requests = [{ sku: 'tea' }, { sku: 'coffee' }, { sku: 'milk' }]
    const notes: Readonly<Record<CallKind, readonly string[]>> = {
      unary: ['tea'],
      'client stream': ['milk'],
      'server stream': ['tea'],
      bidi: ['tea', 'coffee', 'milk'],
    }
    for (const methods of [TOKEN_METHODS, CERTIFICATE_METHODS]) {
      for (const kind of CALL_KINDS) {
        const receipts = await call(kind, { methods, requests })
        expect(
          receipts.map(({ note }) => note),
          kind,
        ).toEqual(notes[kind])
      }
    }
  })

  test('takes requests that come by and by, or none', async () => {
    async function* slowly(): AsyncGenerator<Order> {
      for (const sku of ['tea', 'milk']) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        yield { sku }
      }
    }
    for (const kind of REQUEST_STREAMS) {
      expect((await call(kind, { requests: slowly() })).at(-1), kind).toMatchObject({ note: 'milk' })
      expect(await call(kind, { requests: new Set<Order>() }), kind).toHaveLength(kind === 'bidi' ? 0 : 1)
    }
  })

  test('has a conversation, each request after the answer to the last', async () => {
    const answers = Array.from({ length: 3 }, () => Promise.withResolvers<void>())
    async function* asking(): AsyncGenerator<Order> {
      for (const [index, { promise }] of answers.entries()) {
        yield { sku: String(index) }
        await promise
      }
    }
    const notes: unknown[] = []
    for await (const { note } of warehouse.exchange(asking())) {
      notes.push(note)
      answers[Number(note)]?.resolve()
    }
    expect(notes).toEqual(['0', '1', '2'])
  })

  test('starts a stream of responses once it is read', async () => {
    const idle = [warehouse.follow({}), warehouse.exchange([{}])]
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(seen.begun).toBe(0)
    for (const stream of idle) for await (const _ of stream);
    expect(seen.begun).toBe(2)
  })

  test('cancels a stream of responses when its reader leaves', async () => {
    handle = linger
    for (const stream of [warehouse.follow({}), warehouse.exchange(stuckRequests().requests)]) {
      for await (const { note } of stream) {
        expect(note).toBe('first')
        break
      }
      await handlersToEnd()
    }
    expect(seen.begun).toBe(2)
  })

  test('gives what was answered before a failure', async () => {
    handle = async function* () {
      yield { note: 'first' }
      yield { note: 'second' }
      await new Promise((resolve) => setTimeout(resolve, 50))
      throw { code: status.ABORTED, details: 'Enough.' }
    }
    for (const kind of RESPONSE_STREAMS) {
      const notes: unknown[] = []
      const failure = await failureOf(call(kind, { onReceipt: ({ note }) => notes.push(note) }))
      expect(failure, kind).toMatchObject({ status: status.ABORTED, details: 'Enough.' })
      expect(notes, kind).toEqual(['first', 'second'])
    }
  })

  test('is answered no faster than it reads', async () => {
    let yielded = 0
    handle = async function* () {
      for (; yielded < 1_000; yielded += 1) yield { filling: Buffer.alloc(100_000) }
    }
    for (const stream of [warehouse.follow({}), warehouse.exchange([])]) {
      yielded = 0
      for await (const _ of stream) {
        await new Promise((resolve) => setTimeout(resolve, 300))
        expect(yielded).toBeLessThan(100)
        break
      }
      await handlersToEnd()
    }
  })

  test('takes requests no faster than they are sent', async () => {
    handle = linger
    for (const kind of REQUEST_STREAMS) {
      const watch = watchedRequests(100_000)
      const abort = new AbortController()
      const outcome = failureOf(call(kind, { requests: watch.requests, signal: abort.signal }))
      await vi.waitUntil(() => watch.sent > 5)
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(watch.sent * 100_000, kind).toBeLessThan(MAX_UNSENT)
      abort.abort()
      await outcome
      await handlersToEnd()
    }
  })
})

describe('a call that fails, whatever its kind', () => {
  test('is a CallError with the reason of its refusal', async () => {
    const shipping = (await mesh.join('shipping')).createClient(Warehouse, 'warehouse', mesh.address)
    for (const kind of CALL_KINDS) {
      const failure = await failureOf(callOurs(shipping, kind))
      expect(failure, kind).toMatchObject({ status: status.PERMISSION_DENIED, reason: 'TOKEN_SCOPE_INSUFFICIENT' })
      const line = mesh.log.lines.find(({ fields }) => fields['decisionId'] === failure.decisionId)
      expect(line, kind).toMatchObject({ message: 'call refused', fields: { method: failure.method } })
    }
    expect(seen.begun).toBe(0)
  })

  test('is a CallError where there is no token, its scopes are none, or its client was closed', async () => {
    const workload = await mesh.join('orders')
    const client = workload.createClient(Warehouse, 'warehouse', mesh.address)
    for (const kind of CALL_KINDS) {
      const noGrant = await failureOf(callOurs(client, kind, { scopes: ['warehouse.burn'] }))
      expect(noGrant, kind).toMatchObject({ reason: 'GRANT_DENIED' })
      for (const scopes of [[], ['a b']]) {
        const noScope = await failureOf(callOurs(client, kind, { scopes }))
        expect(noScope, kind).toMatchObject({ reason: 'REQUEST_INVALID' })
      }
    }
    await workload.close()
    for (const kind of CALL_KINDS) await failureOf(callOurs(client, kind))
    expect(seen.begun).toBe(0)
  })

  test('is a CallError at its deadline', async () => {
    handle = linger
    for (const kind of CALL_KINDS) {
      const failure = await failureOf(call(kind, { deadline: Date.now() + 300 }))
      expect(failure, kind).toMatchObject({ status: status.DEADLINE_EXCEEDED, reason: undefined })
      await handlersToEnd()
    }
  })

  test('is a CallError where a message cannot be encoded or decoded, and its handler ends', async () => {
    for (const kind of CALL_KINDS) {
      const failure = await failureOf(call(kind, { requests: [5 as Order] }))
      expect(failure, kind).toMatchObject({ status: status.INTERNAL })
      await handlersToEnd()
    }
  })
})

describe('the signal of a call', () => {
  test('cancels it, and says why', async () => {
    handle = linger
    for (const kind of CALL_KINDS) {
      const before = seen.begun
      const abort = new AbortController()
      const outcome = failureOf(call(kind, { signal: abort.signal }))
      await vi.waitUntil(() => seen.begun > before)
      const reason = new Error('not needed any more')
      abort.abort(reason)
      const failure = await outcome
      expect(failure, kind).toMatchObject({ status: status.CANCELLED, cause: reason, reason: undefined })
      expect(failure.details, kind).toBe('The call was cancelled: not needed any more')
      await handlersToEnd()
    }
  })

  test('makes no call where it has aborted before, and opens no requests', async () => {
    for (const kind of CALL_KINDS) {
      const open = vi.fn(() => [{}][Symbol.iterator]())
      const requests = kind === 'client stream' || kind === 'bidi' ? { [Symbol.iterator]: open } : [{}]
      const failure = await failureOf(call(kind, { requests, signal: AbortSignal.abort() }))
      expect(failure, kind).toMatchObject({ status: status.CANCELLED, cause: { name: 'AbortError' } })
      expect(open, kind).not.toHaveBeenCalled()
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(seen.begun).toBe(0)
  })

  test('cancels a call that still waits for its token', async () => {
    const workload = await mesh.join('orders')
    const client = workload.createClient(Warehouse, 'warehouse', mesh.address)
    for (const kind of CALL_KINDS) {
      const abort = new AbortController()
      const outcome = failureOf(callOurs(client, kind, { signal: abort.signal, scopes: ['warehouse.pick'] }))
      abort.abort()
      expect(await outcome, kind).toMatchObject({ status: status.CANCELLED })
    }
    expect(seen.begun).toBe(0)
  })

  test('hears of the call no more once that has ended, in whichever way', async () => {
    const { signal } = new AbortController()
    const endings: Readonly<Record<string, Handle>> = {
      well: echo,
      // biome-ignore lint/correctness/useYield: it fails before it could
      'with a failure': async function* () {
        throw { code: status.ABORTED, details: 'Enough.' }
      },
    }
    for (const [ending, handler] of Object.entries(endings)) {
      handle = handler
      for (const kind of CALL_KINDS) {
        await call(kind, { signal }).catch(() => {})
        expect(getEventListeners(signal, 'abort'), `${kind}, ${ending}`).toEqual([])
      }
    }
    for (const stream of [warehouse.follow({}, { signal }), warehouse.exchange([{}], { signal })]) {
      handle = linger
      for await (const _ of stream) {
        expect(getEventListeners(signal, 'abort')).toHaveLength(1)
        break
      }
      expect(getEventListeners(signal, 'abort')).toEqual([])
    }
  })
})

describe('the requests of a call', () => {
  test('cancel it where they fail, and tell why', async () => {
    const reason = new Error('the disk is full')
    async function* failing(): AsyncGenerator<Order> {
      yield { sku: 'tea' }
      throw reason
    }
    const failures: Readonly<Record<string, () => OurCall['requests']>> = {
      'with an error of a generator': failing,
      'with an error of an iterator': () => ({
        [Symbol.iterator]: () => ({
          next() {
            throw reason
          },
        }),
      }),
    }
    for (const kind of REQUEST_STREAMS) {
      for (const [what, requests] of Object.entries(failures)) {
        const unhandled = await unhandledDuring(async () => {
          const failure = await failureOf(call(kind, { requests: requests() ?? [] }))
          expect(failure, `${kind}, ${what}`).toMatchObject({ status: status.CANCELLED, cause: reason })
          expect(failure.details).toBe('The requests failed: the disk is full')
          await handlersToEnd()
        })
        expect(unhandled, `${kind}, ${what}`).toEqual([])
      }
    }
  })

  test('that are none are refused', async () => {
    for (const kind of REQUEST_STREAMS) {
      for (const none of [undefined, 5, {}]) {
        const outcome = kind === 'bidi' ? drain(warehouse.exchange(none as never)) : warehouse.store(none as never)
        expect((await failureOf(outcome)).cause, kind).toBeInstanceOf(TypeError)
        await handlersToEnd()
      }
    }
  })

  test('are closed when the call ends before them', async () => {
    const fail: Handle = failing({ code: status.ABORTED, details: 'Enough.' })
    const answer: Handle = async function* () {
      yield { note: 'enough' }
    }
    for (const kind of REQUEST_STREAMS) {
      for (const [ending, handler] of Object.entries({ fail, answer })) {
        handle = handler
        for (const watch of [watchedRequests(), stuckRequests()]) {
          await call(kind, { requests: watch.requests }).catch(() => {})
          await vi.waitUntil(() => watch.isClosed, { timeout: 5_000 })
          expect(watch.isClosed, `${kind}, ${ending}`).toBe(true)
        }
      }
    }
  })

  test('are closed when the reader of the responses leaves, and when the signal aborts', async () => {
    handle = linger
    const left = stuckRequests()
    for await (const _ of warehouse.exchange(left.requests)) break
    await vi.waitUntil(() => left.isClosed)

    for (const kind of REQUEST_STREAMS) {
      const aborted = stuckRequests()
      const before = seen.begun
      const abort = new AbortController()
      const outcome = failureOf(call(kind, { requests: aborted.requests, signal: abort.signal }))
      await vi.waitUntil(() => seen.begun > before)
      abort.abort()
      await outcome
      await vi.waitUntil(() => aborted.isClosed)
    }
  })

  test('do no harm where they fail to close, and do not hide why the call failed', async () => {
    handle = async function* () {
      yield { note: 'first' }
      throw { code: status.ABORTED, details: 'Enough.' }
    }
    for (const kind of REQUEST_STREAMS) {
      const iterator: AsyncIterator<Order> = {
        next: () => new Promise(() => {}),
        return: () => Promise.reject(new Error('cannot be closed')),
      }
      const requests = { [Symbol.asyncIterator]: () => iterator }
      const slowly = () => new Promise((resolve) => setTimeout(resolve, 100))
      const unhandled = await unhandledDuring(async () => {
        const reading = async () => {
          if (kind === 'client stream') await warehouse.store(requests)
          else for await (const _ of warehouse.exchange(requests)) await slowly()
        }
        expect(await failureOf(reading()), kind).toMatchObject({ status: status.ABORTED, details: 'Enough.' })
      })
      expect(unhandled, kind).toEqual([])
    }
  })
})

function failing(error: unknown): Handle {
  // biome-ignore lint/correctness/useYield: it fails before it could
  return async function* () {
    throw error
  }
}

async function drain(stream: AsyncIterable<Receipt>): Promise<void> {
  for await (const _ of stream);
}
