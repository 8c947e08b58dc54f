import { type CallOptions, Client, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import {
  type CallKind,
  CERTIFICATE_METHODS,
  handlersOfAllKinds,
  type Outcome,
  startKind,
} from '../support/call-kinds.ts'
import { plainTls, startMesh, type TestMesh } from '../support/mesh.ts'
import type { Ending } from '../support/plain-client.ts'
import { openRelay } from '../support/relay.ts'
import { unhandledDuring } from '../support/unhandled.ts'
import type { Receipt } from '../support/warehouse.ts'

const SECRET = 'postgres://admin:hunter2@db.internal/orders'
const KINDS = ['server stream', 'bidi'] as const
const methods = CERTIFICATE_METHODS

type Handle = (cancelled: AbortSignal) => AsyncIterable<Receipt>

let handle: Handle
let mesh: TestMesh
let client: Client

beforeAll(async () => {
  const handlers = handlersOfAllKinds(async function* () {})
  mesh = await startMesh({
    ...handlers,
    // As they are: what a handler returns may be no generator.
    countOn: (_, cancelled) => handle(cancelled),
    countAlong: (_, cancelled) => handle(cancelled),
  })
  client = new Client(mesh.address, plainTls(mesh.pki.credential('orders')))
  return () => client.close()
})
afterAll(() => mesh.close())

const start = (kind: CallKind, options: CallOptions = {}) => startKind(client, kind, { methods, options })
const call = (kind: CallKind, options: CallOptions = {}) => start(kind, options).outcome
const notesOf = ({ receipts }: Outcome) => receipts.map(({ note }) => note)

/** A handler that tells what it did; `produce` yields for it. */
function observed(produce: Handle) {
  const observation = { yielded: 0, isFinished: false }
  handle = async function* (cancelled) {
    try {
      for await (const receipt of produce(cancelled)) {
        observation.yielded += 1
        yield receipt
      }
    } finally {
      observation.isFinished = true
    }
  }
  return observation
}

async function* endless(filling = 1): AsyncIterable<Receipt> {
  for (;;) yield { filling: Buffer.alloc(filling) }
}

describe('a handler of a stream of responses', () => {
  test('delivers all that it yields, in its order', async () => {
    const expected = Array.from({ length: 500 }, (_, index) => `note ${index}`)
    handle = async function* () {
      for (const note of expected) yield { note }
    }
    for (const kind of KINDS) {
      const outcome = await call(kind)
      expect(outcome, kind).toMatchObject({ status: 'OK' })
      expect(notesOf(outcome), kind).toEqual(expected)
    }
  })

  test('may yield nothing', async () => {
    handle = async function* () {}
    for (const kind of KINDS) expect(await call(kind), kind).toMatchObject({ receipts: [], status: 'OK' })
  })

  test('runs only where the rule is met', async () => {
    const shipping = new Client(mesh.address, plainTls(mesh.pki.credential('shipping')))
    onTestFinished(() => shipping.close())
    for (const kind of KINDS) {
      const observation = observed(() => endless())
      const outcome = await startKind(shipping, kind, { methods }).outcome
      expect(outcome, kind).toMatchObject({ status: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED', receipts: [] })
      expect(observation, kind).toEqual({ yielded: 0, isFinished: false })
    }
  })

  test('that fails midway delivers what came before, and says no more than one with one response', async () => {
    const failures: readonly (readonly [unknown, Partial<Ending>])[] = [
      [new Error(SECRET), { status: 'INTERNAL', reason: 'INTERNAL', decisionId: expect.any(String) }],
      [SECRET, { status: 'INTERNAL', reason: 'INTERNAL' }],
      [undefined, { status: 'INTERNAL', reason: 'INTERNAL' }],
      [
        { code: status.NOT_FOUND, details: 'gone' },
        { status: 'NOT_FOUND', details: 'gone' },
      ],
      [new AuthError('CALLER_NOT_ALLOWED', 'Not you.'), { status: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' }],
    ]
    for (const kind of KINDS) {
      for (const [failure, expected] of failures) {
        handle = async function* () {
          yield { note: 'first' }
          yield { note: 'second' }
          throw failure
        }
        const outcome = await call(kind)
        expect(notesOf(outcome), kind).toEqual(['first', 'second'])
        expect(outcome, kind).toMatchObject(expected)
        expect(outcome.details, kind).not.toContain(SECRET)
      }
    }
  })

  test('that throws before it yields, or is no generator, is INTERNAL', async () => {
    const failing: readonly Handle[] = [
      () => {
        throw new Error(SECRET)
      },
      () => undefined as never,
      () => Promise.resolve([]) as never,
    ]
    for (const kind of KINDS) {
      for (const handler of failing) {
        handle = handler
        const outcome = await call(kind)
        expect(outcome, kind).toMatchObject({ status: 'INTERNAL', reason: 'INTERNAL' })
        const fields = { decisionId: outcome.decisionId }
        expect(mesh.log.lines.at(-1), kind).toMatchObject({ level: 'error', fields })
      }
    }
  })

  test('that yields what cannot be sent ends as INTERNAL, and its finally runs', async () => {
    for (const kind of KINDS) {
      const observation = observed(async function* () {
        yield { note: 'first' }
        yield 5 as never
        yield* endless(60_000)
      })
      const outcome = await call(kind)
      expect(notesOf(outcome), kind).toEqual(['first'])
      expect(outcome, kind).toMatchObject({ status: 'INTERNAL' })
      await vi.waitUntil(() => observation.isFinished)
    }
  })

  test('does not end the process with a text that is not well-formed Unicode', async () => {
    handle = async function* () {
      yield { note: 'first' }
      throw { code: status.NOT_FOUND, details: 'the first half of \ud83d' }
    }
    for (const kind of KINDS) {
      const unhandled = await unhandledDuring(async () => {
        expect.soft(await call(kind), kind).toMatchObject({ status: 'NOT_FOUND' })
      })
      expect(unhandled, kind).toEqual([])
    }
  })

  test('stops when its caller cancels, while it yields', async () => {
    for (const kind of KINDS) {
      const observation = observed(() => endless(10_000))
      const started = start(kind)
      await started.flowing
      started.cancel()
      expect(await started.outcome, kind).toMatchObject({ status: 'CANCELLED' })
      await vi.waitUntil(() => observation.isFinished)
    }
  })

  test('stops when its caller leaves, while it waits for the signal', async () => {
    for (const kind of KINDS) {
      for (const how of ['cancels', 'is gone']) {
        const observation = observed(async function* (cancelled) {
          yield { note: 'first' }
          await new Promise((resolve) => cancelled.addEventListener('abort', resolve))
          yield { note: 'unheard' }
        })
        const relay = await openRelay(mesh.address)
        const over = new Client(relay.address, plainTls(mesh.pki.credential('orders')))
        onTestFinished(() => over.close())
        const started = startKind(over, kind, { methods, isUnfinished: true })
        await started.flowing
        if (how === 'cancels') started.cancel()
        else relay.cut()
        await started.outcome
        await vi.waitUntil(() => observation.isFinished)
      }
    }
    expect(mesh.log.lines.filter(({ level, fields }) => level === 'error' && fields['code'] === undefined)).toEqual([])
  })

  test('stops at the deadline of its caller', async () => {
    for (const kind of KINDS) {
      const observation = observed(() => endless(10_000))
      expect(await call(kind, { deadline: Date.now() + 300 }), kind).toMatchObject({ status: 'DEADLINE_EXCEEDED' })
      await vi.waitUntil(() => observation.isFinished)
    }
  })

  test('is not told of a cancellation by the end that it brings about itself', async () => {
    for (const kind of KINDS) {
      let signal: AbortSignal | undefined
      handle = async function* (cancelled) {
        signal = cancelled
        yield {}
      }
      await call(kind)
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(signal?.aborted, kind).toBe(false)
    }
  })

  test('waits for a slow reader, and its finally runs when that one leaves', async () => {
    for (const kind of KINDS) {
      const observation = observed(() => endless(100_000))
      const started = start(kind)
      await started.flowing
      started.pause()
      await new Promise((resolve) => setTimeout(resolve, 300))
      const whilePaused = observation.yielded
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(observation.yielded, kind).toBe(whilePaused)
      expect(whilePaused, kind).toBeLessThan(100)

      started.resume()
      await vi.waitUntil(() => observation.yielded > whilePaused)
      started.cancel()
      await started.outcome
      await vi.waitUntil(() => observation.isFinished)
    }
  })
})
