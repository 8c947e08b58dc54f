import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { createSecureContext } from 'node:tls'
import { Client } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { formatAddress } from '../../src/core/address.ts'
import { secureContextOptions } from '../../src/transport/tls-options.ts'
import {
  CERTIFICATE_METHODS,
  callKind,
  handlersOfAllKinds,
  type KindCall,
  pathOf,
  type ReceivedKind,
  startKind,
} from '../support/call-kinds.ts'
import { plainTls, startMesh, type TestMesh } from '../support/mesh.ts'
import { openRelay } from '../support/relay.ts'
import { unhandledDuring } from '../support/unhandled.ts'
import { type Order, Warehouse } from '../support/warehouse.ts'

const KINDS = ['client stream', 'bidi'] as const
const methods = CERTIFICATE_METHODS

let handle: Parameters<typeof handlersOfAllKinds>[0]
let mesh: TestMesh
let client: Client

beforeAll(async () => {
  mesh = await startMesh(handlersOfAllKinds((received) => handle(received)))
  client = new Client(mesh.address, plainTls(mesh.pki.credential('orders')))
  return () => client.close()
})
afterAll(() => mesh.close())

/** A handler that reads to the end, and tells what it read and how that ended. */
function reading() {
  const seen = { skus: [] as (string | undefined)[], ending: 'none', isFinished: false, isCancelled: false }
  handle = async function* ({ requests, cancelled }) {
    try {
      for await (const { sku } of requests) seen.skus.push(sku)
      seen.ending = 'complete'
      yield { note: 'complete' }
    } catch (error) {
      seen.ending = (error as Error).name
      throw error
    } finally {
      seen.isFinished = true
      seen.isCancelled = cancelled.aborted
    }
  }
  return seen
}

// biome-ignore lint/correctness/useYield: it fails before it could
async function* failing(error: unknown): AsyncGenerator<never> {
  throw error
}

const orders = (...skus: readonly string[]) => skus.map((sku) => ({ sku }))
const start = (kind: (typeof KINDS)[number], call: KindCall) => startKind(client, kind, { methods, ...call })
const call = (kind: (typeof KINDS)[number], sent: KindCall = {}) => callKind(client, kind, { methods, ...sent })

describe('a handler of a stream of requests', () => {
  test('reads all of them, in their order', async () => {
    const skus = Array.from({ length: 500 }, (_, index) => `sku ${index}`)
    for (const kind of KINDS) {
      const seen = reading()
      expect(await call(kind, { requests: orders(...skus) }), kind).toMatchObject({ status: 'OK' })
      expect(seen, kind).toEqual({ skus, ending: 'complete', isFinished: true, isCancelled: false })
    }
  })

  test('may read none, as there are none', async () => {
    for (const kind of KINDS) {
      const seen = reading()
      expect(await call(kind, { requests: [] }), kind).toMatchObject({ status: 'OK' })
      expect(seen, kind).toMatchObject({ skus: [], ending: 'complete' })
    }
  })

  test('may leave its loop, answer, and read on', async () => {
    for (const kind of KINDS) {
      const skus: (string | undefined)[] = []
      handle = async function* ({ requests }) {
        for await (const { sku } of requests) {
          skus.push(sku)
          break
        }
        yield { note: 'first' }
        for await (const { sku } of requests) skus.push(sku)
        yield { note: 'rest' }
      }
      const { status, receipts } = await call(kind, { requests: orders('a', 'b', 'c') })
      expect({ status, skus, last: receipts.at(-1)?.note }, kind).toEqual({
        status: 'OK',
        skus: ['a', 'b', 'c'],
        last: 'rest',
      })
    }
  })

  test('answers without reading, or in the middle of it, while its caller goes on sending', async () => {
    const some = (received: ReceivedKind) => received.requests[Symbol.asyncIterator]().next()
    for (const kind of KINDS) {
      for (const [read, act] of Object.entries({ none: () => {}, some })) {
        handle = async function* (received) {
          await act(received)
          yield { note: read }
        }
        const started = start(kind, { requests: orders('a', 'b', 'c'), isUnfinished: true })
        const outcome = await started.outcome
        expect(outcome, `${kind}, ${read}`).toMatchObject({ status: 'OK', receipts: [{ note: read }] })
      }
    }
  })

  test('fails without reading, or in the middle of it, and says why', async () => {
    const gone = { code: 5, details: 'There is no such shelf.' }
    for (const kind of KINDS) {
      for (const isReading of [false, true]) {
        handle = async function* ({ requests }) {
          if (isReading) for await (const _ of requests) break
          yield* failing(gone)
        }
        const { outcome } = start(kind, { requests: orders('a', 'b', 'c'), isUnfinished: true })
        expect(await outcome, kind).toMatchObject({ status: 'NOT_FOUND', details: gone.details })
      }
    }
  })

  test('is not sent more than it takes', async () => {
    const requests = Array.from({ length: 60 }, () => ({ filling: Buffer.alloc(100_000) }))
    for (const kind of KINDS) {
      const decode = vi.spyOn(Warehouse.service[methods[kind]], 'requestDeserialize')
      const paced = (await mesh.join('warehouse')).createServer()
      const gate = Promise.withResolvers<void>()
      let taken = 0
      const waiting = handlersOfAllKinds(async function* (received) {
        for await (const _ of received.requests) {
          taken += 1
          await gate.promise
        }
        yield {}
      })
      paced.addService(Warehouse, waiting)
      const over = new Client(formatAddress(await paced.listen('localhost:0')), plainTls(mesh.pki.credential('orders')))
      onTestFinished(() => over.close())
      const { outcome } = startKind(over, kind, { methods, requests })
      await vi.waitUntil(() => taken === 1)
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(decode.mock.calls.length, kind).toBeLessThan(30)
      gate.resolve()
      expect(await outcome, kind).toMatchObject({ status: 'OK' })
      expect(taken, kind).toBe(60)
      decode.mockRestore()
    }
  })

  test('sees an error where a request cannot be decoded, and so does the caller', async () => {
    const malformed = (kind: (typeof KINDS)[number]) => ({
      ...Warehouse.service[methods[kind]],
      requestSerialize: ({ sku }: Order) => Buffer.from(sku === 'bad' ? 'ff' : '', 'hex'),
    })
    for (const kind of KINDS) {
      const seen = reading()
      const { outcome } = start(kind, { requests: orders('good', 'bad'), isUnfinished: true, method: malformed(kind) })
      expect(await outcome, kind).toMatchObject({ status: 'INTERNAL' })
      await vi.waitUntil(() => seen.isFinished)
      expect(seen, kind).toMatchObject({ skus: [''], ending: 'AbortError', isCancelled: true })
    }
  })
})

describe('a stream of requests that is cut off', () => {
  test('by its connection never looks complete to its handler, whose finally runs', async () => {
    for (const kind of KINDS) {
      const seen = reading()
      const relay = await openRelay(mesh.address)
      const over = new Client(relay.address, plainTls(mesh.pki.credential('orders')))
      onTestFinished(() => over.close())
      const { outcome } = startKind(over, kind, { methods, requests: orders('a', 'b'), isUnfinished: true })
      await vi.waitUntil(() => seen.skus.length === 2)
      relay.cut()
      await vi.waitUntil(() => seen.isFinished)
      expect(seen, kind).toMatchObject({ skus: ['a', 'b'], ending: 'AbortError', isCancelled: true })
      expect(await outcome, kind).toMatchObject({ status: 'UNAVAILABLE' })
    }
  })

  test('by a reset never looks complete either', async () => {
    const session = connectHttp2(`https://${mesh.address}`, {
      secureContext: createSecureContext(secureContextOptions(mesh.pki.credential('orders'))),
    })
    onTestFinished(() => session.destroy())
    for (const kind of KINDS) {
      const seen = reading()
      const stream = session.request({
        ':method': 'POST',
        ':path': pathOf(kind, methods),
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      stream.on('error', () => {})
      stream.write(Buffer.from('0000000000', 'hex')) // an empty message
      await vi.waitUntil(() => seen.skus.length === 1)
      stream.destroy(new Error('the caller fails'))
      await vi.waitUntil(() => seen.isFinished)
      expect(seen, kind).toMatchObject({ skus: [''], ending: 'AbortError', isCancelled: true })
    }
  })

  test('by the cancellation or the deadline of its caller ends its handler', async () => {
    for (const kind of KINDS) {
      for (const how of ['cancel', 'deadline']) {
        const seen = reading()
        const options = how === 'deadline' ? { deadline: Date.now() + 1_000 } : {}
        const started = start(kind, { requests: orders('a', 'b'), isUnfinished: true, options })
        await vi.waitUntil(() => seen.skus.length === 2)
        if (how === 'cancel') started.cancel()
        await vi.waitUntil(() => seen.isFinished, { timeout: 5_000 })
        const status = how === 'cancel' ? 'CANCELLED' : 'DEADLINE_EXCEEDED'
        expect(await started.outcome, `${kind}, ${how}`).toMatchObject({ status })
      }
    }
  })

  test('ends a handler that waits for something else once that heeds the signal, and leaves nothing unhandled', async () => {
    for (const kind of KINDS) {
      const seen = { isWaiting: false, isFinished: false }
      handle = async function* ({ cancelled }) {
        try {
          seen.isWaiting = true
          await once(new EventTarget(), 'never', { signal: cancelled })
          yield {}
        } finally {
          seen.isFinished = true
        }
      }
      const unhandled = await unhandledDuring(async () => {
        const started = start(kind, { isUnfinished: true })
        await vi.waitUntil(() => seen.isWaiting)
        started.cancel()
        await vi.waitUntil(() => seen.isFinished)
      })
      expect(unhandled, kind).toEqual([])
    }
  })

  test('is no failure of the service: its log has no error', async () => {
    for (const kind of KINDS) {
      const seen = reading()
      const relay = await openRelay(mesh.address)
      const over = new Client(relay.address, plainTls(mesh.pki.credential('orders')))
      onTestFinished(() => over.close())
      startKind(over, kind, { methods, isUnfinished: true })
      await vi.waitUntil(() => seen.skus.length === 1)
      relay.cut()
      await vi.waitUntil(() => seen.isFinished)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(mesh.log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})
