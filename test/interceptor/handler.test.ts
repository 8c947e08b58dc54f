import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Client, Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { formatAddress } from '../../src/core/address.ts'
import { AuthError } from '../../src/core/errors.ts'
import { CallError } from '../../src/interceptor/call-error.ts'
import { adaptService } from '../../src/interceptor/handler.ts'
import { capturingLogger } from '../support/log.ts'
import { plainTls, startMesh, type TestMesh } from '../support/mesh.ts'
import { callPlainly, type Ending, endingOf } from '../support/plain-client.ts'
import { unhandledDuring } from '../support/unhandled.ts'
import { plainHandlers, type Receipt, Warehouse, type WarehouseHandlers } from '../support/warehouse.ts'

/** Looks like what must not leave the process. */
const SECRET = 'postgres://admin:hunter2@db.internal/orders'
const COUNT = '/warehouse.v1.Warehouse/Count'

let handle: WarehouseHandlers['count'] = plainHandlers.count
let mesh: TestMesh
let call: () => Promise<Ending>

beforeAll(async () => {
  mesh = await startMesh({ ...plainHandlers, count: (received, cancelled) => handle(received, cancelled) })
  const channel = plainTls(mesh.pki.credential('orders'))
  call = () => callPlainly(mesh.address, channel, { method: COUNT, options: { deadline: Date.now() + 2_000 } })
})
afterAll(() => mesh.close())

function throwing(thrown: unknown): WarehouseHandlers['count'] {
  return async () => {
    throw thrown
  }
}

function answering(response: unknown): WarehouseHandlers['count'] {
  return async () => response as Receipt
}

describe('a unary handler that fails', () => {
  test('is INTERNAL to its caller, and told to the log alone under a decision ID', async () => {
    const refusal: ServiceError = Object.assign(new Error(SECRET), {
      code: status.UNAUTHENTICATED,
      details: SECRET,
      metadata: new Metadata(),
    })
    const failing: Readonly<Record<string, WarehouseHandlers['count']>> = {
      'an error': throwing(new Error(SECRET)),
      'a TypeError': throwing(new TypeError(SECRET)),
      'an error with a cause': throwing(new Error(SECRET, { cause: new Error(SECRET) })),
      'an error with a textual code': throwing(Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' })),
      'an error with an unknown code': throwing(Object.assign(new Error(SECRET), { code: 99 })),
      'an error with a fraction for a code': throwing(Object.assign(new Error(SECRET), { code: 5.5 })),
      'an error with the code OK': throwing(Object.assign(new Error(SECRET), { code: status.OK })),
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
      })
      expect(lineOf(ending), what).toMatchObject({
        level: 'error',
        message: 'call failed',
        fields: { outcome: 'failed', method: COUNT, code: 'INTERNAL', reason: expect.any(String) },
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
    const foreign: Readonly<Record<string, WarehouseHandlers['count']>> = {
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
    handle = async ({ request }) => {
      if (request.sku === 'innocent') return new Promise((resolve) => setTimeout(resolve, 200, {}))
      throw { code: status.NOT_FOUND, details: 'long '.repeat(20_000) }
    }
    const client = new Client(mesh.address, plainTls(mesh.pki.credential('orders')))
    onTestFinished(() => client.close())
    const { requestSerialize, responseDeserialize } = Warehouse.service.Count
    const countOver = (sku: string) =>
      new Promise<StatusObject>((resolve) => {
        const sent = client.makeUnaryRequest(COUNT, requestSerialize, responseDeserialize, { sku }, () => {})
        sent.on('status', resolve)
      }).then(endingOf)

    const innocent = countOver('innocent')
    expect.soft(await countOver('long')).toMatchObject({ status: 'NOT_FOUND' })
    expect.soft(await innocent).toMatchObject({ status: 'OK' })
  })
})

describe('a unary handler that answers with what cannot be sent', () => {
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
