import { type ClientReadableStream, Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { AuthError } from '../../src/core/errors.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { plainTls, startMesh, type TestMesh } from '../support/mesh.ts'
import { type Ending, endingOf } from '../support/plain-client.ts'
import { unhandledDuring } from '../support/unhandled.ts'
import { plainHandlers, type Receipt, Warehouse, type WarehouseHandlers } from '../support/warehouse.ts'

const SECRET = 'postgres://admin:hunter2@db.internal/orders'

let handle: WarehouseHandlers['follow'] = plainHandlers.follow
let mesh: TestMesh
let follow: (options?: { readonly deadline?: number }) => ClientReadableStream<Receipt>

beforeAll(async () => {
  mesh = await startMesh({ ...plainHandlers, follow: (call, cancelled) => handle(call, cancelled) })
  const credential = mesh.pki.credential('orders')
  const authority = new AuthorityClient({ address: mesh.authority.address, credential })
  const audience = parseServiceId('spiffe://shop.internal/warehouse')
  const { token } = await authority.issueToken({ audience, scopes: [] })
  authority.close()

  const client = new Warehouse(mesh.address, plainTls(credential))
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  follow = (options = {}) => client.Follow({}, metadata, { deadline: Date.now() + 5_000, ...options })
  return () => client.close()
})
afterAll(() => mesh.close())

/** Reads a stream to its end. */
async function readAll(stream: ClientReadableStream<Receipt>) {
  const notes: (string | undefined)[] = []
  stream.on('data', ({ note }: Receipt) => notes.push(note))
  return { notes, ending: await endOf(stream) }
}

function endOf(stream: ClientReadableStream<Receipt>): Promise<Ending> {
  stream.on('error', () => {}) // the status says the same
  return new Promise((resolve) => stream.on('status', (ended: StatusObject) => resolve(endingOf(ended))))
}

/** A handler that tells what it did; `produce` yields for it. */
function observed(produce: (cancelled: AbortSignal) => AsyncIterable<Receipt>) {
  const observation = { yielded: 0, finished: false }
  handle = async function* (_, cancelled) {
    try {
      for await (const receipt of produce(cancelled)) {
        observation.yielded += 1
        yield receipt
      }
    } finally {
      observation.finished = true
    }
  }
  return observation
}

async function* endless(filling = 1): AsyncIterable<Receipt> {
  for (;;) yield { filling: Buffer.alloc(filling) }
}

describe('a server-stream handler', () => {
  test('delivers all that it yields, in its order', async () => {
    const expected = Array.from({ length: 500 }, (_, index) => `note ${index}`)
    handle = async function* () {
      for (const note of expected) yield { note }
    }
    const { notes, ending } = await readAll(follow())
    expect(notes).toEqual(expected)
    expect(ending).toMatchObject({ status: 'OK' })
  })

  test('may yield nothing', async () => {
    handle = async function* () {}
    expect(await readAll(follow())).toMatchObject({ notes: [], ending: { status: 'OK' } })
  })

  test('runs only where the rule is met', async () => {
    const observation = observed(() => endless())
    const client = new Warehouse(mesh.address, plainTls(mesh.pki.credential('orders')))
    onTestFinished(() => client.close())
    const { notes, ending } = await readAll(client.Follow({}))
    expect(ending).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'CREDENTIALS_MISSING' })
    expect({ notes, ...observation }).toEqual({ notes: [], yielded: 0, finished: false })
  })

  test('that fails midway delivers what came before, and says no more than a unary one', async () => {
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
    for (const [failure, expected] of failures) {
      handle = async function* () {
        yield { note: 'first' }
        yield { note: 'second' }
        throw failure
      }
      const { notes, ending } = await readAll(follow())
      expect(notes).toEqual(['first', 'second'])
      expect(ending).toMatchObject(expected)
      expect(ending.details).not.toContain(SECRET)
    }
  })

  test('that throws before it yields, or is no generator, is INTERNAL', async () => {
    const failing: readonly WarehouseHandlers['follow'][] = [
      () => {
        throw new Error(SECRET)
      },
      () => undefined as never,
      () => Promise.resolve([]) as never,
    ]
    for (const handler of failing) {
      handle = handler
      const { ending } = await readAll(follow())
      expect(ending).toMatchObject({ status: 'INTERNAL', reason: 'INTERNAL' })
      expect(mesh.log.lines.at(-1)).toMatchObject({ level: 'error', fields: { decisionId: ending.decisionId } })
    }
  })

  test('that yields what cannot be sent ends as INTERNAL, and its finally runs', async () => {
    const observation = observed(async function* () {
      yield { note: 'first' }
      yield 5 as never
      yield* endless(60_000)
    })
    const { notes, ending } = await readAll(follow())
    expect(notes).toEqual(['first'])
    expect(ending).toMatchObject({ status: 'INTERNAL' })
    await vi.waitUntil(() => observation.finished)
  })

  test('does not end the process with a text that is not well-formed Unicode', async () => {
    handle = async function* () {
      yield { note: 'first' }
      throw { code: status.NOT_FOUND, details: 'the first half of \ud83d' }
    }
    const unhandled = await unhandledDuring(async () => {
      const { ending } = await readAll(follow({ deadline: Date.now() + 1_000 }))
      expect.soft(ending).toMatchObject({ status: 'NOT_FOUND' })
    })
    expect(unhandled).toEqual([])
  })

  test('stops when its caller cancels, while it yields', async () => {
    const observation = observed(() => endless(10_000))
    const stream = follow()
    const ended = endOf(stream)
    stream.once('data', () => stream.cancel())
    expect(await ended).toMatchObject({ status: 'CANCELLED' })
    await vi.waitUntil(() => observation.finished)
  })

  test('stops when its caller cancels, while it waits for the signal', async () => {
    const observation = observed(async function* (cancelled) {
      yield { note: 'first' }
      await new Promise((resolve) => cancelled.addEventListener('abort', resolve))
      yield { note: 'unheard' }
    })
    const stream = follow()
    const ended = endOf(stream)
    stream.once('data', () => stream.cancel())
    await ended
    await vi.waitUntil(() => observation.finished)
    expect(mesh.log.lines.filter(({ level, fields }) => level === 'error' && fields['code'] === undefined)).toEqual([])
  })

  test('stops at the deadline of its caller', async () => {
    const observation = observed(() => endless(10_000))
    const { ending } = await readAll(follow({ deadline: Date.now() + 200 }))
    expect(ending).toMatchObject({ status: 'DEADLINE_EXCEEDED' })
    await vi.waitUntil(() => observation.finished)
  })

  test('waits for a slow reader, and its finally runs when that one leaves', async () => {
    const observation = observed(() => endless(100_000))
    const stream = follow()
    const ended = endOf(stream)
    stream.once('data', () => stream.pause())
    await new Promise((resolve) => setTimeout(resolve, 300))
    const whilePaused = observation.yielded
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(observation.yielded).toBe(whilePaused)
    expect(whilePaused).toBeLessThan(100)

    stream.resume()
    await vi.waitUntil(() => observation.yielded > whilePaused)
    stream.cancel()
    await ended
    await vi.waitUntil(() => observation.finished)
  })
})
