import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { Client, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { formatAddress } from '../../src/core/address.ts'
import { AuthError } from '../../src/core/errors.ts'
import { CallError } from '../../src/interceptor/call-error.ts'
import { adaptService } from '../../src/interceptor/handler.ts'
import {
  CALL_KINDS,
  CERTIFICATE_METHODS,
  callKind,
  handlersOfAllKinds,
  pathOf,
  startKind,
} from '../support/call-kinds.ts'
import { capturingLogger } from '../support/log.ts'
import { plainTls, startMesh, type TestMesh } from '../support/mesh.ts'
import type { Ending } from '../support/plain-client.ts'
import { unhandledDuring } from '../support/unhandled.ts'
import { plainHandlers, type Receipt, Warehouse, type WarehouseHandlers } from '../support/warehouse.ts'

/** Looks like what must not leave the process. */
const SECRET = 'postgres://admin:hunter2@db.internal/orders'

const methods = CERTIFICATE_METHODS

type Handle = () => Promise<Receipt>

let handle: Handle
let mesh: TestMesh
let client: Client

beforeAll(async () => {
  mesh = await startMesh(
    handlersOfAllKinds(async function* ({ requests }) {
      for await (const _ of requests);
      yield await handle()
    }),
  )
  client = new Client(mesh.address, plainTls(mesh.pki.credential('orders')))
  return () => client.close()
})
afterAll(() => mesh.close())

function throwing(thrown: unknown): Handle {
  return async () => {
    throw thrown
  }
}

function answering(response: unknown): Handle {
  return async () => response as Receipt
}

describe.each(CALL_KINDS)('a %s handler that fails', (kind) => {
  const call = () => callKind(client, kind, { methods })

  test('is INTERNAL to its caller, and told to the log alone under a decision ID', async () => {
    const refusal: ServiceError = Object.assign(new Error(SECRET), {
      code: status.UNAUTHENTICATED,
      details: SECRET,
      metadata: new Metadata(),
    })
    const failing: Readonly<Record<string, Handle>> = {
      'an error': throwing(new Error(SECRET)),
      'a TypeError': throwing(new TypeError(SECRET)),
      'an error with a cause': throwing(new Error(SECRET, { cause: new Error(SECRET) })),
      'an error with a textual code': throwing(
        Object.assign(new Error(SECRET), { code: 'ECONNREFUSED', details: SECRET }),
      ),
      'an error with an unknown code': throwing(Object.assign(new Error(SECRET), { code: 99, details: SECRET })),
      'an error with a fraction for a code': throwing(Object.assign(new Error(SECRET), { code: 5.5, details: SECRET })),
      'an error with the code OK': throwing(Object.assign(new Error(SECRET), { code: status.OK, details: SECRET })),
      'an error with a code and no details': throwing(Object.assign(new Error(SECRET), { code: status.NOT_FOUND })),
      'a failed call of a grpc-js client': throwing(refusal),
      'a failed call to another service': throwing(new CallError('/a.B/C', refusal)),
      'a text': throwing(SECRET),
      'a number': throwing(5),
      'an object': throwing({ message: SECRET }),
      nothing: throwing(undefined),
      null: throwing(null),
      'an error, before it returns a promise': () => {
        throw new Error(SECRET)
      },
      'an error, much later': async () => {
        await new Promise((resolve) => setTimeout(resolve, 50))
        throw new Error(SECRET)
      },
    }
    for (const [what, handler] of Object.entries(failing)) {
      handle = handler
      const ending = await call()
      expect(ending, what).toEqual({
        status: 'INTERNAL',
        details: 'The service failed. Its log tells more under this decision ID.',
        reason: 'INTERNAL',
        decisionId: expect.stringMatching(/^[\w-]{22}$/),
        receipts: [],
      })
      expect(lineOf(ending), what).toMatchObject({
        level: 'error',
        message: 'call failed',
        fields: { outcome: 'failed', method: pathOf(kind, methods), code: 'INTERNAL', reason: expect.any(String) },
      })
    }
    handle = throwing(new Error(SECRET))
    expect(lineOf(await call())?.fields['reason']).toContain(SECRET)
  })

  test('answers with the gRPC status that it throws', async () => {
    const gone = { code: status.NOT_FOUND, details: 'There is no such shelf.' }
    const thrown: readonly (readonly [unknown, Partial<Ending>])[] = [
      [gone, { status: 'NOT_FOUND', details: gone.details }],
      [Object.assign(new Error('ours'), gone), { status: 'NOT_FOUND', details: gone.details }],
      [
        { code: status.ABORTED, details: '' },
        { status: 'ABORTED', details: '' },
      ],
      [
        { code: status.UNAUTHENTICATED, details: 'x' },
        { status: 'UNAUTHENTICATED', reason: undefined },
      ],
    ]
    for (const [error, ending] of thrown) {
      handle = throwing(error)
      expect(await call()).toMatchObject(ending)
    }
  })

  test('answers with the refusal that it throws, and without what only the log may say', async () => {
    handle = throwing(new AuthError('GRANT_DENIED', 'Not you.', { details: { who: 'you' }, logDetail: SECRET }))
    const ending = await call()
    expect(ending).toMatchObject({ status: 'PERMISSION_DENIED', reason: 'GRANT_DENIED', details: 'Not you.' })
    expect(lineOf(ending)?.fields['reason']).toBe(SECRET)
  })

  test('does not take the code of an error that is not of gRPC for a status', async () => {
    const foreign: Readonly<Record<string, Handle>> = {
      'a DOMException, whose codes are its own': async () => ({ note: atob('%') }),
      'a DOMException with a message': async () => {
        throw new DOMException(SECRET, 'NotSupportedError')
      },
      'an error with a code alone': throwing(Object.assign(new Error(SECRET), { code: status.NOT_FOUND })),
      'a code alone': throwing({ code: status.ABORTED }),
      'a command that failed, whose code is its exit code': async () => {
        await promisify(execFile)(process.execPath, ['-e', `console.error('${SECRET}'); process.exit(3)`])
        return {}
      },
    }
    for (const [what, handler] of Object.entries(foreign)) {
      handle = handler
      const ending = await call()
      expect.soft(ending, what).toMatchObject({ status: 'INTERNAL', reason: 'INTERNAL' })
      expect.soft(ending.details, what).not.toContain(SECRET)
    }
  })

  test('ends its call whatever it throws, also what cannot be looked at', async () => {
    const hostile = {
      'a getter that throws': Object.defineProperty({ details: 'x' }, 'code', {
        get() {
          throw new Error('code')
        },
      }),
      'an Error whose stack throws': Object.defineProperty(new Error('x'), 'stack', {
        get() {
          throw new Error('stack')
        },
      }),
      'a proxy': new Proxy(
        {},
        {
          has() {
            throw new Error('has')
          },
        },
      ),
    }
    for (const [what, thrown] of Object.entries(hostile)) {
      handle = throwing(thrown)
      expect(await call(), what).toMatchObject({ status: 'INTERNAL', details: 'The service failed.' })
    }
  })

  test('does not end the process with a text that is not well-formed Unicode', async () => {
    handle = throwing({ code: status.NOT_FOUND, details: 'the first half of \ud83d' })
    const unhandled = await unhandledDuring(async () => {
      expect.soft(await call()).toMatchObject({ status: 'NOT_FOUND' })
    })
    expect(unhandled).toEqual([])
  })

  test('does not cut the connection, and every call on it, with a text that no header can hold', async () => {
    const gate = Promise.withResolvers<Receipt>()
    let isUnderWay = false
    handle = () => {
      isUnderWay = true
      return gate.promise
    }
    const innocent = call()
    await vi.waitUntil(() => isUnderWay)
    handle = throwing({ code: status.NOT_FOUND, details: 'long '.repeat(20_000) })
    expect.soft(await call()).toMatchObject({ status: 'NOT_FOUND' })
    gate.resolve({})
    expect.soft(await innocent).toMatchObject({ status: 'OK' })
  })
})

describe.each(CALL_KINDS)('a %s handler that answers with what cannot be sent', (kind) => {
  const call = () => callKind(client, kind, { methods })

  test('is INTERNAL to its caller', async () => {
    for (const response of [undefined, null, 5, 'text']) {
      handle = answering(response)
      expect(await call(), String(response)).toMatchObject({ status: 'INTERNAL' })
    }
  })

  test('is told to the log, under the decision ID that its caller has', async () => {
    handle = answering(undefined)
    const ending = await call()
    expect(ending.decisionId).toEqual(expect.any(String))
    expect(lineOf(ending)).toMatchObject({ level: 'error' })
  })
})

describe.each(CALL_KINDS)('a %s handler', (kind) => {
  test('is told when its call ends before it does, and not of the end that it brings about', async () => {
    const signals: AbortSignal[] = []
    const server = (await mesh.join('warehouse')).createServer()
    const handlers = handlersOfAllKinds(async function* ({ cancelled }) {
      signals.push(cancelled)
      if (signals.length > 1) await once(cancelled, 'abort')
      yield {}
    })
    server.addService(Warehouse, handlers)
    const over = new Client(formatAddress(await server.listen('localhost:0')), plainTls(mesh.pki.credential('orders')))
    onTestFinished(() => over.close())

    await callKind(over, kind, { methods })
    const started = startKind(over, kind, { methods })
    await vi.waitUntil(() => signals.length === 2)
    started.cancel()
    await vi.waitUntil(() => signals[1]?.aborted)
    await callKind(over, kind, { methods, options: { deadline: Date.now() + 200 } })
    await vi.waitUntil(() => signals[2]?.aborted)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true, true])
  })
})

describe.each(CALL_KINDS)('a %s call', (kind) => {
  test('whose request cannot be decoded is INTERNAL, and harms no other', async () => {
    handle = async () => ({ note: 'answered' })
    const method = Warehouse.service[methods[kind]]
    const malformed = { ...method, requestSerialize: () => Buffer.from('ff', 'hex') }
    const unhandled = await unhandledDuring(async () => {
      const [bad, good] = await Promise.all([
        callKind(client, kind, { methods, method: malformed }),
        callKind(client, kind, { methods }),
      ])
      expect(bad).toMatchObject({ status: 'INTERNAL', details: 'Error deserializing request', receipts: [] })
      expect(good).toMatchObject({ status: 'OK', receipts: [{ note: 'answered' }] })
    })
    expect(unhandled).toEqual([])
  })
})

describe('handlers are adapted', () => {
  const adapt = (service: object, handlers: object) =>
    adaptService(service as (typeof Warehouse)['service'], handlers as WarehouseHandlers, capturingLogger())

  test('as methods of their object', async () => {
    const handlers = {
      ...plainHandlers,
      note: 'from the object',
      async count() {
        return { note: this.note }
      },
    }
    const server = (await mesh.join('warehouse')).createServer()
    server.addService(Warehouse, handlers)
    const address = formatAddress(await server.listen('localhost:0'))
    const client = (await mesh.join('orders')).createClient(Warehouse, 'warehouse', address)
    expect(await client.count({})).toMatchObject({ note: 'from the object' })
  })

  test('only where each method has one', () => {
    const { ship: _, ...lacking } = plainHandlers
    for (const handlers of [
      lacking,
      { ...lacking, ship: undefined },
      { ...lacking, ship: {} },
      { ...lacking, Ship: lacking.pick },
    ]) {
      expect(() => adapt(Warehouse.service, handlers)).toThrow(
        new TypeError('/warehouse.v1.Warehouse/Ship has no handler: add ship.'),
      )
    }
  })

  test('only from the handlers that were written, not from what every object has', () => {
    const ToString = { ...Warehouse.service.Pick, path: '/warehouse.v1.Warehouse/ToString' }
    expect(() => adapt({ ToString }, {})).toThrow(TypeError)
  })
})

function lineOf({ decisionId }: Ending) {
  return mesh.log.lines.find(({ fields }) => fields['decisionId'] === decisionId && decisionId !== undefined)
}
