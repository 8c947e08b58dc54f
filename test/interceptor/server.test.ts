import { Client, credentials, Metadata, makeClientConstructor, type StatusObject } from '@grpc/grpc-js'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { formatAddress } from '../../src/core/address.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { type Caller, callerOf } from '../../src/interceptor/caller.ts'
import type { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { rulesOf } from '../../src/transport/protos.ts'
import { CERTIFICATE_METHODS, callKind } from '../support/call-kinds.ts'
import { guardedWarehouse } from '../support/guarded-warehouse.ts'
import { capturingLogger } from '../support/log.ts'
import { plainTls, startMesh, type TestMesh } from '../support/mesh.ts'
import { callPlainly, endingOf } from '../support/plain-client.ts'
import { plainHandlers, Warehouse, type WarehouseHandlers } from '../support/warehouse.ts'

interface Seen {
  readonly caller: Caller
  readonly metadata: Readonly<Record<string, unknown>>
}

const seen: Seen[] = []
const keeping: WarehouseHandlers = {
  ...plainHandlers,
  async pick(call) {
    seen.push({ caller: callerOf(call), metadata: call.metadata.getMap() })
    return { note: 'picked' }
  },
  async count(call) {
    seen.push({ caller: callerOf(call), metadata: call.metadata.getMap() })
    return { note: 'counted' }
  },
  async *follow(call) {
    seen.push({ caller: callerOf(call), metadata: call.metadata.getMap() })
    yield { note: 'followed' }
  },
}

const orders = parseServiceId('spiffe://shop.internal/orders')
const audience = parseServiceId('spiffe://shop.internal/warehouse')
const PICK = '/warehouse.v1.Warehouse/Pick'
const COUNT = '/warehouse.v1.Warehouse/Count'
let mesh: TestMesh

beforeAll(async () => {
  mesh = await startMesh(keeping)
})
afterAll(() => mesh.close())
beforeEach(() => {
  seen.length = 0
})

/** A credential of a service, and what it needs to call as stock grpc-js does. */
function connect(service = 'orders') {
  const credential = mesh.pki.credential(service)
  const authority = new AuthorityClient({ address: mesh.authority.address, credential })
  onTestFinished(() => authority.close())
  return {
    channel: plainTls(credential),
    fetchToken: async () => (await authority.issueToken({ audience, scopes: [] })).token,
  }
}

const bearing = (token: string) => ({ metadata: [['authorization', `Bearer ${token}`] as const] })

describe('the server interceptor', () => {
  test('lets a call through that meets its rule, and tells the handler who calls', async () => {
    const { channel, fetchToken } = connect()
    expect(await callPlainly(mesh.address, channel, bearing(await fetchToken()))).toMatchObject({ status: 'OK' })
    expect(seen.map(({ caller }) => caller)).toEqual([
      {
        serviceId: orders,
        subject: orders,
        scopes: ['warehouse.pick', 'warehouse.ship', 'warehouse.store', 'warehouse.follow', 'warehouse.exchange'],
        tokenId: expect.stringMatching(/^[\w-]{22}$/),
        peer: expect.objectContaining({ serviceId: orders, dnsNames: ['localhost'] }),
      },
    ])
  })

  test('keeps the token from the handler, and leaves the other metadata', async () => {
    const { channel, fetchToken } = connect()
    const token = await fetchToken()
    for (const credential of [['authorization', `Bearer ${token}`] as const, ['countersign-token', token] as const]) {
      const metadata = [credential, ['x-request-id', 'one'] as const]
      for (const method of [PICK, COUNT, '/warehouse.v1.Warehouse/Follow']) {
        await callPlainly(mesh.address, channel, { method, metadata })
      }
    }
    expect(seen).toHaveLength(6)
    for (const { metadata: map } of seen) {
      expect(map).toMatchObject({ 'x-request-id': 'one' })
      expect(JSON.stringify(map)).not.toMatch(/authorization|Bearer|countersign-token/i)
    }
  })

  test('lets no refused call reach its handler, and logs under the ID that the caller is told', async () => {
    const { channel, fetchToken } = connect()
    const token = await fetchToken()
    const shipping = connect('shipping')
    const refused = [
      { code: 'CREDENTIALS_MISSING', status: 'UNAUTHENTICATED', channel, call: {} },
      { code: 'CREDENTIALS_MALFORMED', status: 'UNAUTHENTICATED', channel, call: bearing('x') },
      { code: 'CREDENTIALS_MALFORMED', status: 'UNAUTHENTICATED', channel, call: bearing(`${token}, ${token}`) },
      { code: 'TOKEN_BINDING_MISMATCH', status: 'UNAUTHENTICATED', ...shipping, call: bearing(token) },
      { code: 'CALLER_NOT_ALLOWED', status: 'PERMISSION_DENIED', ...shipping, call: { method: COUNT } },
      {
        code: 'TOKEN_SCOPE_INSUFFICIENT',
        status: 'PERMISSION_DENIED',
        ...shipping,
        call: bearing(await shipping.fetchToken()),
      },
    ]
    for (const { code, status, channel: over, call } of refused) {
      const ending = await callPlainly(mesh.address, over, call)
      expect(ending).toMatchObject({ status, reason: code, decisionId: expect.stringMatching(/^[\w-]{22}$/) })
      const line = mesh.log.lines.find(({ fields }) => fields['decisionId'] === ending.decisionId)
      expect(line, code).toMatchObject({ level: 'warn', message: 'call refused', fields: { outcome: 'refused', code } })
    }
    expect(seen).toEqual([])
  })

  test('ends a refused call also where its own logger fails', async () => {
    const logger = {
      ...capturingLogger(),
      warn() {
        throw new Error('the disk is full')
      },
    }
    const workload = await mesh.join('warehouse', { logger })
    const server = workload.createServer()
    server.addService(Warehouse, plainHandlers)
    const address = formatAddress(await server.listen('localhost:0'))
    const { channel } = connect()
    expect(await callPlainly(address, channel)).toMatchObject({ status: 'INTERNAL', reason: undefined })
  })

  test('answers a refused call before a message is sent, and reads none that is', async () => {
    let read = 0
    const pick = Warehouse.service.Pick
    const counting = {
      ...Warehouse.service,
      Pick: {
        ...pick,
        requestDeserialize: (bytes: Buffer) => {
          read += 1
          return pick.requestDeserialize(bytes)
        },
      },
    }
    const server = (await mesh.join('warehouse')).createServer({ rules: rulesOf(Warehouse.service) })
    server.addService(makeClientConstructor(counting, 'Warehouse') as unknown as typeof Warehouse, plainHandlers)
    const address = formatAddress(await server.listen('localhost:0'))

    const { channel, fetchToken } = connect()
    expect(await callPlainly(address, channel, { request: { sku: 'tea' } })).toMatchObject({
      reason: 'CREDENTIALS_MISSING',
    })
    expect(read).toBe(0)
    await callPlainly(address, channel, { request: { sku: 'tea' }, ...bearing(await fetchToken()) })
    expect(read).toBe(1)

    const client = new Client(address, channel)
    onTestFinished(() => client.close())
    const unfinished = client.makeClientStreamRequest(PICK, pick.requestSerialize, pick.responseDeserialize, () => {})
    const ended = await new Promise<StatusObject>((resolve) => unfinished.on('status', resolve))
    expect(endingOf(ended)).toMatchObject({ reason: 'CREDENTIALS_MISSING' })
  })

  test('refuses calls on an open connection once the certificate has expired', async () => {
    const addTo = (server: MeshServer) => server.addService(Warehouse, plainHandlers)
    const aged = await guardedWarehouse({ addTo, maxStalenessMs: Number.MAX_SAFE_INTEGER })
    const caller = aged.pki.credential('orders')
    const client = aged.client(caller)
    const count = () => callKind(client, 'unary', { methods: CERTIFICATE_METHODS })
    expect(await count()).toMatchObject({ status: 'OK' })
    aged.clock.set(caller.notAfter)
    expect(await count()).toMatchObject({ status: 'OK' })
    aged.clock.advance(1)
    expect(await count()).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'CERTIFICATE_EXPIRED' })
  })

  test('answers UNIMPLEMENTED to a method that is not there, on a connection with a certificate only', async () => {
    const { channel } = connect()
    for (const method of ['/warehouse.v1.Warehouse/Burn', '/warehouse.v1.warehouse/Pick', '/a/b', '/']) {
      expect(await callPlainly(mesh.address, channel, { method }), method).toMatchObject({ status: 'UNIMPLEMENTED' })
    }
    const roots = credentials.createSsl(Buffer.from(mesh.pki.ca.bundle))
    for (const outside of [credentials.createInsecure(), roots]) {
      const ending = await callPlainly(mesh.address, outside, { method: '/a/b' })
      expect(ending).toMatchObject({ status: 'UNAVAILABLE', reason: undefined })
    }
  })

  test('logs an allowed call with its caller and its token ID, and never a token', async () => {
    const { channel, fetchToken } = connect()
    const token = await fetchToken()
    await callPlainly(mesh.address, channel, bearing(token))
    await callPlainly(mesh.address, channel, bearing(`${token}x`))
    await callPlainly(mesh.address, connect('shipping').channel, bearing(token))
    const allowed = mesh.log.lines.filter(({ message }) => message === 'call allowed').at(-1)
    expect(allowed).toMatchObject({
      level: 'debug',
      fields: { outcome: 'allowed', method: PICK, caller: orders, tokenId: seen[0]?.caller.tokenId },
    })
    const written = JSON.stringify([...mesh.log.lines, ...mesh.authority.log.lines])
    for (const part of token.split('.')) expect(written).not.toContain(part)
  })

  test('goes on after a caller that left while its token was verified', async () => {
    const { channel, fetchToken } = connect()
    const token = await fetchToken()
    const client = new Client(mesh.address, channel)
    onTestFinished(() => client.close())
    const { requestSerialize, responseDeserialize } = Warehouse.service.Pick
    const metadata = new Metadata()
    metadata.set('authorization', `Bearer ${token}`)
    for (let call = 0; call < 20; call += 1) {
      const left = client.makeUnaryRequest(PICK, requestSerialize, responseDeserialize, {}, metadata, () => {})
      setTimeout(() => left.cancel(), call % 5)
    }
    await vi.waitUntil(async () => (await callPlainly(mesh.address, channel, bearing(token))).status === 'OK')
  })

  test('tells nobody who calls where a call did not come through it', () => {
    expect(() => callerOf({ metadata: new Metadata() })).toThrow(TypeError)
  })
})
