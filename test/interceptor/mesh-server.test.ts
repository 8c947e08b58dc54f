import { once } from 'node:events'
import { type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { rulesFromTable } from '../../src/access/access-rules.ts'
import { type Address, formatAddress } from '../../src/core/address.ts'
import type { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { PROTO_DIRECTORY } from '../../src/transport/protos.ts'
import { secureContextOptions } from '../../src/transport/tls-options.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { plainTls, startMesh, type TestMesh } from '../support/mesh.ts'
import { callPlainly } from '../support/plain-client.ts'
import { refusalOf } from '../support/refusal.ts'
import { plainHandlers, Unruled, Warehouse } from '../support/warehouse.ts'

const COUNT = '/warehouse.v1.Warehouse/Count'
const FIRST = '/warehouse.v1.Unruled/First'
const SECOND = '/warehouse.v1.Unruled/Second'
const unruledHandlers = {
  first: async () => ({ note: 'first' }),
  async *second() {
    yield { note: 'second' }
  },
}

let mesh: TestMesh
let workload: Workload

beforeAll(async () => {
  mesh = await startMesh(plainHandlers)
  workload = await mesh.join('warehouse')
})
afterAll(() => mesh.close())

function warehouse(): MeshServer {
  const server = workload.createServer()
  server.addService(Warehouse, plainHandlers)
  onTestFinished(() => server.close())
  return server
}

function count(address: string, timeoutMs = 2_000) {
  const channel = plainTls(mesh.pki.credential('orders'))
  return callPlainly(address, channel, { method: COUNT, options: { deadline: Date.now() + timeoutMs } })
}

/** Whether a port takes connections. */
async function isOpen({ host, port }: Address): Promise<boolean> {
  const socket = connectTcp({ host, port })
  const opened = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false)
  socket.destroy()
  return opened
}

describe('a server refuses to start', () => {
  test('while any of its methods has no rule, and names every one', async () => {
    const server = workload.createServer()
    server.addService(Warehouse, plainHandlers)
    server.addService(Unruled, unruledHandlers)
    const refusal = await refusalOf('METHOD_NOT_DECLARED', () => server.listen('localhost:0'))
    expect(refusal.message).toContain(`No access rule for ${FIRST}, ${SECOND}.`)
    expect(refusal.message).not.toContain('Warehouse')
  })

  test('while a single method lacks a rule in the table that is given', async () => {
    const rules = rulesFromTable({ [FIRST]: { authentication: 'CERTIFICATE', callers: ['*'] } })
    const server = workload.createServer(rules)
    server.addService(Unruled, unruledHandlers)
    const refusal = await refusalOf('METHOD_NOT_DECLARED', () => server.listen('localhost:0'))
    expect(refusal.message).toContain(`No access rule for ${SECOND}.`)
  })

  test('with a service that stock proto-loader loaded, whatever its proto says', async () => {
    const includeDirs = [PROTO_DIRECTORY, new URL('../support/proto', import.meta.url).pathname]
    const definition = loadSync('warehouse/v1/warehouse.proto', { includeDirs })
    const loaded = loadPackageDefinition(definition) as unknown as {
      warehouse: { v1: { Warehouse: typeof Warehouse } }
    }
    const server = workload.createServer()
    server.addService(loaded.warehouse.v1.Warehouse, plainHandlers)
    const refusal = await refusalOf('METHOD_NOT_DECLARED', () => server.listen('localhost:0'))
    for (const { path } of Object.values(Warehouse.service)) {
      expect(refusal.message).toContain(path)
    }
  })

  test('with a handler missing', () => {
    const { count: _, ...lacking } = plainHandlers
    const server = workload.createServer()
    expect(() => server.addService(Warehouse, lacking as typeof plainHandlers)).toThrow(TypeError)
  })

  test('where a table and the proto give a method different rules', async () => {
    const server = workload.createServer(rulesFromTable({ [COUNT]: { dangerouslyAnyCaller: true } }))
    const refusal = await refusalOf('CONFIGURATION_INVALID', () => server.addService(Warehouse, plainHandlers))
    expect(refusal.message).toContain(COUNT)
  })

  test('at an address that is none, or is taken', async () => {
    for (const address of ['', 'localhost', ':0', 'localhost:65536', 'http://localhost:1', '0:0', mesh.address]) {
      await refusalOf('CONFIGURATION_INVALID', () => warehouse().listen(address))
    }
  })
})

describe('a server', () => {
  test('tells the port that it took, and logs it', async () => {
    const address = await warehouse().listen('localhost:0')
    expect(address).toEqual({ host: 'localhost', port: expect.any(Number) })
    expect(await count(formatAddress(address))).toMatchObject({ status: 'OK' })
    expect((await isOpen(address)) && address.port > 0).toBe(true)
  })

  test('serves what a table of rules declares', async () => {
    const rule = { authentication: 'CERTIFICATE', callers: ['orders'] } as const
    const server = workload.createServer(rulesFromTable({ [FIRST]: rule, [SECOND]: rule }))
    server.addService(Unruled, unruledHandlers)
    const address = formatAddress(await server.listen('localhost:0'))
    const asOrders = plainTls(mesh.pki.credential('orders'))
    const asShipping = plainTls(mesh.pki.credential('shipping'))
    expect(await callPlainly(address, asOrders, { method: FIRST })).toMatchObject({ status: 'OK' })
    expect(await callPlainly(address, asShipping, { method: FIRST })).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' })
  })

  test('takes no service and no second address once it listens', async () => {
    const server = warehouse()
    await server.listen('localhost:0')
    expect(() => server.addService(Unruled, unruledHandlers)).toThrow(TypeError)
    await expect(server.listen('localhost:0')).rejects.toThrow(TypeError)
  })

  test('takes no second address while it is about to listen', async () => {
    const server = warehouse()
    const [first, second] = await Promise.allSettled([server.listen('localhost:0'), server.listen('localhost:0')])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: expect.any(TypeError) })
  })
})

describe('a server that closes', () => {
  test('frees its port, and may be closed twice, or before it listens', async () => {
    const server = warehouse()
    const address = await server.listen('localhost:0')
    await Promise.all([server.close(), server.close()])
    await server.close()
    expect(await isOpen(address)).toBe(false)
    await warehouse().close()
  })

  test('lets a call under way end, and takes no new one', async () => {
    let finish: (() => void) | undefined
    const server = workload.createServer()
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    server.addService(Warehouse, { ...plainHandlers, count: () => finished.then(() => ({ note: 'late' })) })
    const address = await server.listen('localhost:0')
    const underWay = count(formatAddress(address))
    await new Promise((resolve) => setTimeout(resolve, 100))

    let isClosed = false
    const closing = server.close().then(() => {
      isClosed = true
    })
    expect(server.closing.aborted).toBe(true)
    expect(await count(formatAddress(address), 500)).toMatchObject({ status: 'UNAVAILABLE' })
    expect(isClosed).toBe(false)
    finish?.()
    expect(await underWay).toMatchObject({ status: 'OK' })
    await closing
  })

  test('cancels a call that does not end within 10 s', { timeout: 20_000 }, async () => {
    const server = workload.createServer()
    server.addService(Warehouse, { ...plainHandlers, count: () => new Promise(() => {}) })
    const address = await server.listen('localhost:0')
    const underWay = count(formatAddress(address), 15_000)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const start = Date.now()
    await server.close()
    expect(Date.now() - start).toBeGreaterThan(9_900)
    expect(await underWay).toMatchObject({ status: 'UNAVAILABLE' })
    expect(Date.now() - start).toBeLessThan(12_000)
  })

  test('while it is about to listen leaves no port open', async () => {
    const server = warehouse()
    const listening = server.listen('localhost:0')
    await server.close()
    const address = await listening.catch(() => undefined)
    expect(address !== undefined && (await isOpen(address))).toBe(false)
  })

  test('does not listen again', async () => {
    const server = warehouse()
    await server.close()
    await expect(server.listen('localhost:0')).rejects.toThrow(TypeError)
  })

  test('waits for no client that is connected and says nothing', async () => {
    const server = warehouse()
    const { host, port } = await server.listen('localhost:0')
    const credential = mesh.pki.credential('orders')
    const silent = connectTls({
      host,
      port,
      servername: host,
      ALPNProtocols: ['h2'],
      ...secureContextOptions(credential),
    })
    silent.on('error', () => {})
    onTestFinished(() => void silent.destroy())
    await once(silent, 'secureConnect')
    await new Promise((resolve) => setTimeout(resolve, 50)) // until the server has taken it
    const begin = Date.now()
    await server.close()
    expect(Date.now() - begin).toBeLessThan(2_000)
  })

  test('serves no call on a connection that was in its handshake', async () => {
    const server = warehouse()
    const { host, port } = await server.listen('localhost:0')
    const tcp = connectTcp({ host, port })
    await once(tcp, 'connect')
    await new Promise((resolve) => setTimeout(resolve, 50)) // until the server has taken it
    await server.close()

    const credential = mesh.pki.credential('orders')
    const socket = connectTls({ socket: tcp, ALPNProtocols: ['h2'], ...secureContextOptions(credential) })
    onTestFinished(() => void socket.destroy())
    const session = connectHttp2('https://localhost', { createConnection: () => socket })
    session.on('error', () => {})
    onTestFinished(() => session.destroy())
    const headers = { ':method': 'POST', ':path': COUNT, 'content-type': 'application/grpc', te: 'trailers' }
    const call = session.request(headers)
    call.on('error', () => {})
    call.end(Buffer.alloc(5)) // an empty message
    expect(await bodyOf(call)).not.toContain('counted')
  })
})

async function bodyOf(call: ClientHttp2Stream): Promise<string> {
  const chunks: Buffer[] = []
  call.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise((resolve) => call.once('close', resolve))
  return Buffer.concat(chunks).toString()
}
