import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, connectivityState, Metadata, type MetadataValue, type StatusObject } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Address, formatAddress } from '../../src/core/address.ts'
import { callerOf } from '../../src/interceptor/caller.ts'
import type { ServerLimits } from '../../src/transport/server-limits.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { closed, connectAs, connectPlainly, tlsOptionsOf } from '../support/listener.ts'
import { plainTls, startMesh, type TestMesh } from '../support/mesh.ts'
import { type Ending, endingOf } from '../support/plain-client.ts'
import { refusalOf } from '../support/refusal.ts'
import { plainHandlers, type Receipt, Warehouse, type WarehouseHandlers } from '../support/warehouse.ts'

const COUNT = '/warehouse.v1.Warehouse/Count'

let mesh: TestMesh
let workload: Workload

beforeAll(async () => {
  mesh = await startMesh(plainHandlers)
  workload = await mesh.join('warehouse')
})
afterAll(() => mesh.close())

async function openServer(limits: Partial<ServerLimits>, handlers: Partial<WarehouseHandlers> = {}) {
  const server = workload.createServer({ limits })
  server.addService(Warehouse, { ...plainHandlers, ...handlers })
  onTestFinished(() => server.close())
  return server.listen('localhost:0')
}

/** A client whose calls share one connection; `count` asks for a certificate only. */
function openClient(address: string) {
  const client = new Client(address, plainTls(mesh.pki.credential('orders')), { 'grpc.use_local_subchannel_pool': 1 })
  onTestFinished(() => client.close())
  const { requestSerialize, responseDeserialize } = Warehouse.service.Count
  return {
    client,
    count(entries: readonly (readonly [name: string, value: MetadataValue])[] = []): Promise<Ending> {
      const metadata = new Metadata()
      for (const [name, value] of entries) metadata.add(name, value)
      const options = { deadline: Date.now() + 10_000 }
      return new Promise((resolve) => {
        client
          .makeUnaryRequest(COUNT, requestSerialize, responseDeserialize, {}, metadata, options, () => {})
          .on('status', (ended: StatusObject) => resolve(endingOf(ended)))
      })
    },
  }
}

/** A handler whose calls stay under way until `finish`. */
function pausedCount() {
  let underWay = 0
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const count = async (): Promise<Receipt> => {
    underWay += 1
    await finished
    return { note: 'counted' }
  }
  return { count, finish, underWay: () => underWay }
}

describe('limits', () => {
  test('are refused where they are none, before there is a server', async () => {
    for (const limits of [{ streamsPerConnection: 0 }, { metadataBytes: Number.NaN }, { connectionAgeMs: 0.5 }]) {
      await refusalOf('CONFIGURATION_INVALID', () => workload.createServer({ limits }))
    }
  })
})

describe('the connections of one address', () => {
  test('have room again once the handshakes of others took too long', async () => {
    const address = await openServer({ connectionsPerAddress: 2, handshakeTimeoutMs: 1_000 })
    const silent = [connectPlainly(address.port), connectPlainly(address.port)]
    await Promise.all(silent.map((socket) => once(socket, 'connect')))
    expect(await openClient(formatAddress(address)).count()).toMatchObject({ status: 'UNAVAILABLE' })
    await Promise.all(silent.map(closed))
    expect(await openClient(formatAddress(address)).count()).toMatchObject({ status: 'OK' })
  })
})

describe('the calls of one connection', () => {
  test('are under way up to their number, and further ones of a gRPC client wait', async () => {
    const { count, finish, underWay } = pausedCount()
    const address = formatAddress(await openServer({ streamsPerConnection: 2 }, { count }))
    const { count: call } = openClient(address)
    const calls = [call(), call(), call(), call()]
    await vi.waitUntil(() => underWay() === 2)
    await sleep(100)
    expect(underWay()).toBe(2)

    const another = openClient(address)
    const unharmed = another.count()
    await vi.waitUntil(() => underWay() === 3)
    finish()
    expect(await Promise.all([...calls, unharmed])).toEqual(Array(5).fill(expect.objectContaining({ status: 'OK' })))
  })

  test('are refused beyond their number where the client does not wait', async () => {
    const { count, finish, underWay } = pausedCount()
    const address = await openServer({ streamsPerConnection: 2 }, { count })
    const session = await openSession(address)
    // Before it has read the server's settings, a client knows no limit but its own.
    const streams = Array.from({ length: 5 }, () => countOn(session))
    await vi.waitUntil(() => underWay() === 2)
    expect(await Promise.all(streams.slice(2))).toEqual(Array(3).fill('NGHTTP2_REFUSED_STREAM'))
    finish()
    expect(await Promise.all(streams.slice(0, 2))).toEqual(['grpc-status 0', 'grpc-status 0'])
    expect(underWay()).toBe(2)
  })
})

describe('the metadata of a call', () => {
  test('is taken up to its size, and beyond it the call is refused and no other', async () => {
    const { count, finish, underWay } = pausedCount()
    const address = formatAddress(await openServer({ metadataBytes: 5_000 }, { count }))
    const { client, count: call } = openClient(address)
    const early = call()
    await vi.waitUntil(() => underWay() === 1)
    const refused = { status: 'INVALID_ARGUMENT', reason: 'REQUEST_INVALID' }
    expect(await call([['filling', 'x'.repeat(5_000)]])).toMatchObject(refused)
    expect(await call(Array.from({ length: 100 }, (_, index) => [`entry-${index}`, 'x'.repeat(20)]))).toMatchObject(
      refused,
    )
    expect(await call([['filling-bin', Buffer.alloc(5_000)]])).toMatchObject(refused)
    finish()
    expect(await early).toMatchObject({ status: 'OK' })
    expect(await call([['filling', 'x'.repeat(4_000)]])).toMatchObject({ status: 'OK' })
    expect(client.getChannel().getConnectivityState(false)).toBe(connectivityState.READY)
  })

  test('has an end in Node before it has one here: so many entries, and so long a header block', async () => {
    const { count, finish, underWay } = pausedCount()
    const address = formatAddress(await openServer({}, { count }))
    const { count: call } = openClient(address)
    const another = openClient(address).count()
    const early = call()
    await vi.waitUntil(() => underWay() === 2)

    const entries = Array.from({ length: 130 }, (_, index) => [`entry-${index}`, ''] as const)
    expect(await call(entries)).toMatchObject({ status: 'RESOURCE_EXHAUSTED', reason: undefined })
    // This one ends the connection, with every call on it: no other client's.
    expect(await call([['filling', 'x'.repeat(200_000)]])).toMatchObject({ reason: undefined })
    expect(await early).not.toMatchObject({ status: 'OK' })
    finish()
    expect(await another).toMatchObject({ status: 'OK' })
    expect(await call()).toMatchObject({ status: 'OK' })
  })
})

describe('a connection', () => {
  test('takes no more calls at its age, and what is under way gets a grace to end in', async () => {
    const { count, finish, underWay } = pausedCount()
    const address = await openServer({ connectionAgeMs: 300, connectionAgeGraceMs: 5_000 }, { count })
    const begin = Date.now()
    const session = await openSession(address)
    const early = countOn(session)
    await vi.waitUntil(() => underWay() === 1)
    await once(session, 'goaway')
    expect(Date.now() - begin).toBeGreaterThan(250)
    await vi.waitUntil(() => session.closed) // to new calls
    expect(session.destroyed).toBe(false)
    finish()
    expect(await early).toBe('grpc-status 0')
    await once(session, 'close')
  })

  test('is closed after the grace, with the calls that are still on it', async () => {
    const { count } = pausedCount()
    const address = formatAddress(await openServer({ connectionAgeMs: 200, connectionAgeGraceMs: 200 }, { count }))
    const begin = Date.now()
    expect(await openClient(address).count()).toMatchObject({ status: 'UNAVAILABLE' })
    expect(Date.now() - begin).toBeGreaterThan(350)
    expect(Date.now() - begin).toBeLessThan(3_000)
  })

  test('loses no call when its age comes', async () => {
    const peers = new Set<object>()
    const count = async (call: Parameters<typeof callerOf>[0]) => {
      peers.add(callerOf(call).peer) // one for each connection
      return { note: 'counted' }
    }
    const address = formatAddress(await openServer({ connectionAgeMs: 50, connectionAgeGraceMs: 1_000 }, { count }))
    const { count: call } = openClient(address)
    while (peers.size < 5) {
      expect(await call()).toMatchObject({ status: 'OK' })
      await sleep(5)
    }
  })
})

/** HTTP/2 without a client of gRPC, as soon as TLS lets it speak. */
async function openSession({ host, port }: Address): Promise<ClientHttp2Session> {
  const socket = connectAs(port, tlsOptionsOf(mesh.pki.credential('orders')))
  await once(socket, 'secureConnect')
  const session = connectHttp2(`https://${host}`, { createConnection: () => socket })
  onTestFinished(() => session.destroy())
  session.on('error', () => {})
  return session
}

/** How a call ended: with its gRPC status, or with the error that broke it off. */
function countOn(session: ClientHttp2Session): Promise<string> {
  const headers = { ':method': 'POST', ':path': COUNT, 'content-type': 'application/grpc', te: 'trailers' }
  const stream = session.request(headers)
  stream.end(Buffer.alloc(5)) // an empty message
  return new Promise((resolve) => {
    stream.on('trailers', (trailers) => resolve(`grpc-status ${trailers['grpc-status']}`))
    stream.on('error', (error) => resolve(/NGHTTP2_\w+/.exec(error.message)?.[0] ?? error.message))
    stream.resume()
  })
}
