import {
  Client,
  InterceptingCall,
  type Interceptor,
  loadPackageDefinition,
  type Metadata,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceClientConstructor,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { rulesFromTable } from '../../src/access/access-rules.ts'
import { formatAddress } from '../../src/core/address.ts'
import { type Caller, callerOf } from '../../src/interceptor/caller.ts'
import type { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { PROTO_DIRECTORY } from '../../src/transport/protos.ts'
import {
  CALL_KINDS,
  CERTIFICATE_METHODS,
  callKind,
  callOurs,
  pathOf,
  startKind,
  TOKEN_METHODS,
} from '../support/call-kinds.ts'
import { capturingLogger } from '../support/log.ts'
import { plainTls, startMesh, type TestMesh } from '../support/mesh.ts'
import { refusalOf } from '../support/refusal.ts'
import { unhandledDuring } from '../support/unhandled.ts'
import { type Order, plainHandlers, type Receipt, Warehouse } from '../support/warehouse.ts'

const SECRET = 'postgres://admin:hunter2@db.internal/orders'

type Callback = sendUnaryData<Receipt>

/** One handler of each kind. */
interface Stock {
  readonly unary?: unknown
  readonly clientStream?: unknown
  readonly serverStream?: unknown
  readonly bidi?: unknown
}

/** A service as it was written for grpc-js, before anybody thought of Countersign. */
function stockHandlers(see: (call: { readonly metadata: Metadata }) => unknown): Stock {
  return {
    unary(call: ServerUnaryCall<Order, Receipt>, callback: Callback) {
      see(call)
      callback(null, { note: call.request.sku ?? '' })
    },
    clientStream(call: ServerReadableStream<Order, Receipt>, callback: Callback) {
      see(call)
      let last = ''
      call.on('data', ({ sku }: Order) => {
        last = sku ?? ''
      })
      call.on('end', () => callback(null, { note: last }))
    },
    serverStream(call: ServerWritableStream<Order, Receipt>) {
      see(call)
      call.write({ note: call.request.sku ?? '' })
      call.end()
    },
    bidi(call: ServerDuplexStream<Order, Receipt>) {
      see(call)
      call.on('data', ({ sku }: Order) => call.write({ note: sku ?? '' }))
      call.on('end', () => call.end())
    },
  }
}

function implementationOf({ unary, clientStream, serverStream, bidi }: Stock): UntypedServiceImplementation {
  return {
    Pick: unary,
    Store: clientStream,
    follow: serverStream, // grpc-js takes either spelling
    Exchange: bidi,
    Count: unary,
    CountAll: clientStream,
    CountOn: serverStream,
    CountAlong: bidi,
  } as UntypedServiceImplementation
}

let mesh: TestMesh
const seen: Caller[] = []

beforeAll(async () => {
  mesh = await startMesh(plainHandlers)
})
afterAll(() => mesh.close())
beforeEach(() => {
  seen.length = 0
})

async function serve(add: (server: MeshServer) => void): Promise<string> {
  const server = (await mesh.join('warehouse')).createServer()
  add(server)
  return formatAddress(await server.listen('localhost:0'))
}

function stockClient(address: string, service = 'orders'): Client {
  const client = new Client(address, plainTls(mesh.pki.credential(service)))
  onTestFinished(() => client.close())
  return client
}

describe('a service with handlers for grpc-js itself', () => {
  test('is served as it is, and knows its callers', async () => {
    const stock = stockHandlers((call) => seen.push(callerOf(call)))
    const address = await serve((server) => server.addService(Warehouse.service, implementationOf(stock)))
    const client = (await mesh.join('orders')).createClient(Warehouse, 'warehouse', address)
    for (const methods of [TOKEN_METHODS, CERTIFICATE_METHODS]) {
      for (const kind of CALL_KINDS) {
        expect(await callOurs(client, kind, { methods }), kind).toMatchObject([{ note: 'tea' }])
      }
    }
    expect(seen).toHaveLength(8)
    expect(new Set(seen.map(({ serviceId }) => serviceId))).toEqual(new Set(['spiffe://shop.internal/orders']))
  })

  test('has its handlers called as methods of their object', async () => {
    const implementation = {
      note: () => 'from the object',
      Count(_: unknown, callback: Callback) {
        callback(null, { note: this.note() })
      },
    }
    const address = await serve((server) => server.addService(Warehouse.service, implementation))
    const outcome = await callKind(stockClient(address), 'unary', { methods: CERTIFICATE_METHODS })
    expect(outcome).toMatchObject({ receipts: [{ note: 'from the object' }] })
  })

  test('is reached by no call that its access rules refuse', async () => {
    const reached = vi.fn()
    const address = await serve((server) =>
      server.addService(Warehouse.service, implementationOf(stockHandlers(reached))),
    )
    for (const kind of CALL_KINDS) {
      const refused = await callKind(stockClient(address), kind)
      expect(refused, kind).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'CREDENTIALS_MISSING' })
      const shipping = await callKind(stockClient(address, 'shipping'), kind, { methods: CERTIFICATE_METHODS })
      expect(shipping, kind).toMatchObject({ status: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' })
    }
    expect(reached).not.toHaveBeenCalled()
  })

  test('answers UNIMPLEMENTED where it has no handler, as grpc-js does', async () => {
    const address = await serve((server) => server.addService(Warehouse.service, {}))
    for (const kind of CALL_KINDS) {
      const outcome = await callKind(stockClient(address), kind, { methods: CERTIFICATE_METHODS })
      expect(outcome, kind).toMatchObject({ status: 'UNIMPLEMENTED' })
    }
  })

  test('takes its rules from the table of the server where its proto is loaded without them', async () => {
    const includeDirs = [PROTO_DIRECTORY, new URL('../support/proto', import.meta.url).pathname]
    const loaded = loadPackageDefinition(loadSync('warehouse/v1/warehouse.proto', { includeDirs })) as unknown as {
      warehouse: { v1: { Unruled: ServiceClientConstructor } }
    }
    const definition: ServiceDefinition = loaded.warehouse.v1.Unruled.service
    const implementation: UntypedServiceImplementation = {
      First: (_: unknown, callback: Callback) => callback(null, { note: 'first' }),
      Second: (call: ServerWritableStream<Order, Receipt>) => call.end(),
    }
    const workload = await mesh.join('warehouse')
    const lacking = workload.createServer()
    lacking.addService(definition, implementation)
    const refusal = await refusalOf('METHOD_NOT_DECLARED', () => lacking.listen('localhost:0'))
    expect(refusal.message).toContain('/warehouse.v1.Unruled/First, /warehouse.v1.Unruled/Second')

    const rule = { authentication: 'CERTIFICATE', callers: ['orders'] } as const
    const rules = { '/warehouse.v1.Unruled/First': rule, '/warehouse.v1.Unruled/Second': rule }
    const server = workload.createServer(rulesFromTable(rules))
    server.addService(definition, implementation)
    const address = formatAddress(await server.listen('localhost:0'))
    const client = (await mesh.join('orders')).createCallbackClient(loaded.warehouse.v1.Unruled, 'warehouse', address)
    const note = await new Promise((resolve) =>
      client['First']?.({}, (_: unknown, receipt?: Receipt) => resolve(receipt?.note)),
    )
    expect(note).toBe('first')
  })

  test('answers what its handlers give to the callback, or to the stream', async () => {
    const gone = { code: status.NOT_FOUND, details: 'There is no such shelf.' }
    const failing = {
      unary: (_: unknown, callback: Callback) => callback(gone),
      clientStream: (_: unknown, callback: Callback) => callback(gone),
      serverStream: (call: ServerWritableStream<Order, Receipt>) => void call.emit('error', gone),
      bidi: (call: ServerDuplexStream<Order, Receipt>) => void call.emit('error', gone),
    }
    const address = await serve((server) => server.addService(Warehouse.service, implementationOf(failing)))
    for (const kind of CALL_KINDS) {
      const outcome = await callKind(stockClient(address), kind, { methods: CERTIFICATE_METHODS })
      expect(outcome, kind).toMatchObject({ status: 'NOT_FOUND', details: gone.details })
    }
  })

  test('neither hangs a call nor ends the process where a handler throws or rejects', async () => {
    const failures: Readonly<Record<string, () => unknown>> = {
      throws: () => {
        throw new Error(SECRET)
      },
      rejects: async () => {
        throw new Error(SECRET)
      },
      'rejects later': async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        throw new Error(SECRET)
      },
    }
    for (const [how, fail] of Object.entries(failures)) {
      const failing = { unary: fail, clientStream: fail, serverStream: fail, bidi: fail }
      const address = await serve((server) => server.addService(Warehouse.service, implementationOf(failing)))
      const client = stockClient(address)
      for (const kind of CALL_KINDS) {
        const unhandled = await unhandledDuring(async () => {
          const outcome = await startKind(client, kind, { methods: CERTIFICATE_METHODS }).outcome
          expect.soft(outcome, `${kind} ${how}`).toMatchObject({ status: 'INTERNAL', reason: 'INTERNAL' })
          expect.soft(outcome.details).not.toContain(SECRET)
          expect.soft(outcome.decisionId).toMatch(/^[\w-]{22}$/)
        })
        expect(unhandled, `${kind} ${how}`).toEqual([])
      }
    }
  })

  test('tells the log of a handler that fails after it has answered, whose caller has the answer', async () => {
    const log = capturingLogger()
    const server = (await mesh.join('warehouse', { logger: log })).createServer()
    const late = async (_: unknown, callback: Callback) => {
      callback(null, { note: 'answered' })
      throw new Error(SECRET)
    }
    server.addService(Warehouse.service, implementationOf({ unary: late, clientStream: late }))
    const client = stockClient(formatAddress(await server.listen('localhost:0')))
    for (const kind of ['unary', 'client stream'] as const) {
      const outcome = await callKind(client, kind, { methods: CERTIFICATE_METHODS })
      expect(outcome, kind).toMatchObject({ status: 'OK', receipts: [{ note: 'answered' }] })
      const fields = { method: pathOf(kind, CERTIFICATE_METHODS), code: 'INTERNAL' }
      const failed = log.lines.filter(({ level }) => level === 'error').at(-1)
      expect(failed, kind).toMatchObject({ message: 'call failed', fields })
    }
  })
})

describe('a callback client', () => {
  test('is the client that grpc-js makes, with tokens on its calls of every kind', async () => {
    const client = (await mesh.join('orders')).createCallbackClient(Warehouse, 'warehouse', mesh.address)
    expect(client).toBeInstanceOf(Warehouse)
    for (const methods of [TOKEN_METHODS, CERTIFICATE_METHODS]) {
      for (const kind of CALL_KINDS) {
        expect(await callKind(client, kind, { methods }), kind).toMatchObject({ status: 'OK' })
      }
    }
  })

  test('fails calls with the reason of their refusal, in the way of grpc-js', async () => {
    const client = (await mesh.join('shipping')).createCallbackClient(Warehouse, 'warehouse', mesh.address)
    for (const kind of CALL_KINDS) {
      const outcome = await callKind(client, kind)
      expect(outcome, kind).toMatchObject({ status: 'PERMISSION_DENIED', reason: 'TOKEN_SCOPE_INSUFFICIENT' })
    }
  })

  test('does without a token where a call brings interceptors of its own, and is refused', async () => {
    const client = (await mesh.join('orders')).createCallbackClient(Warehouse, 'warehouse', mesh.address)
    const own: Interceptor = (options, nextCall) => new InterceptingCall(nextCall(options))
    const outcome = await callKind(client, 'unary', { options: { interceptors: [own] } })
    expect(outcome).toMatchObject({ reason: 'CREDENTIALS_MISSING' })
  })

  test('is not made by a workload that was closed', async () => {
    const workload = await mesh.join('orders')
    await workload.close()
    expect(() => workload.createCallbackClient(Warehouse, 'warehouse', mesh.address)).toThrow(TypeError)
  })
})
