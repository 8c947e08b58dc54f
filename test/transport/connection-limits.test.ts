import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createTestIssuer } from '../support/issuer.ts'
import {
  closed,
  connectAs,
  connectPlainly,
  type ListenerUnderTest,
  openListener,
  tlsOptionsOf,
} from '../support/listener.ts'

const issuer = createTestIssuer()
const inventory = issuer.credential('inventory')
const orders = issuer.credential('orders')
const valid = tlsOptionsOf(orders)
const foreign: ConnectionOptions = { ...tlsOptionsOf(createTestIssuer().credential('orders')), ca: orders.bundle }

/** Another address of this machine, as Linux has it for all of 127.0.0.0/8. */
const ELSEWHERE = { localAddress: '127.0.0.2' }
const FULL = 'undefined: more than 4 connections from one address'
const TOO_LATE = 'TRANSPORT_NOT_AUTHENTICATED: handshake not finished in time'

function openFor(limits: { readonly connectionsPerAddress?: number; readonly handshakeTimeoutMs?: number }) {
  return openListener({ credentials: inventory, limits })
}

/** A connection that is there before those that are made after it: each looks its host's name up for itself. */
async function connectFirst(port: number): Promise<Socket> {
  const client = connectPlainly(port)
  await once(client, 'connect')
  return client
}

/** Connects until a connection is accepted: the server hears of the end of others a moment after their clients. */
async function untilAccepted({ port, outcome }: ListenerUnderTest): Promise<void> {
  await vi.waitFor(
    async () => {
      connectAs(port, valid)
      expect(await outcome()).toBe('accepted')
    },
    { timeout: 10_000 },
  )
}

describe('the connections of one address', () => {
  test('are accepted up to their number, and further ones closed at once', async () => {
    const { port, outcome, accepted } = await openFor({ connectionsPerAddress: 4 })
    const clients = []
    for (let count = 0; count < 4; count++) {
      clients.push(connectAs(port, valid))
      expect(await outcome()).toBe('accepted')
    }
    for (let count = 0; count < 3; count++) {
      const surplus = connectAs(port, valid)
      expect(await outcome()).toBe(FULL)
      await closed(surplus)
    }
    expect(accepted).toHaveLength(4)
    expect(clients.every((client) => !client.closed)).toBe(true)
  })

  test('do not count against another address', async () => {
    const { port, outcome } = await openFor({ connectionsPerAddress: 4 })
    for (let count = 0; count < 4; count++) await connectFirst(port)
    connectAs(port, valid)
    expect(await outcome()).toBe(FULL)
    connectAs(port, { ...valid, ...ELSEWHERE })
    expect(await outcome()).toBe('accepted')
  })

  test('count from the first packet: those that say nothing, and those in the middle of a handshake', async () => {
    const { port, outcome } = await openFor({ connectionsPerAddress: 4 })
    const hello = await clientHello()
    for (const length of [0, 1, hello.length / 2, hello.length]) {
      const client = await connectFirst(port)
      client.write(hello.subarray(0, length))
    }
    connectAs(port, valid)
    expect(await outcome()).toBe(FULL)
  })

  const ENDINGS: Readonly<Record<string, (port: number) => Socket>> = {
    'ended by the client': (port) => endOnceSecure(port, (client) => client.end()),
    'broken off by the client': (port) => endOnceSecure(port, (client) => client.destroy()),
    'reset by the client': (port) => endOnceSecure(port, (_, tcp) => tcp.resetAndDestroy()),
    'ended in the handshake': (port) => endOnceConnected(port, (client) => client.end()),
    'broken off in the handshake': (port) => endOnceConnected(port, (client) => client.destroy()),
    'reset in the handshake': (port) => endOnceConnected(port, (client) => client.resetAndDestroy()),
    'ended in the handshake by a client that goes on to read': (port) =>
      endOnceConnected(port, (client) => client.end(), { allowHalfOpen: true }),
    'in plain text': (port) => endOnceConnected(port, (client) => client.write('GET / HTTP/1.1\r\n\r\n')),
    'of another CA': (port) => connectAs(port, foreign),
    'without a certificate': (port) => connectAs(port, { ca: orders.bundle }),
    'with TLS 1.2': (port) => connectAs(port, { ...valid, maxVersion: 'TLSv1.2' }),
    'without HTTP/2': (port) => connectAs(port, { ...valid, ALPNProtocols: [] }),
    'that took too long': (port) => connectPlainly(port),
  }
  for (const [title, begin] of Object.entries(ENDINGS)) {
    test(`no longer count once they are closed: ${title}`, async () => {
      const handshakeTimeoutMs = title === 'that took too long' ? 200 : 10_000
      const listener = await openFor({ connectionsPerAddress: 4, handshakeTimeoutMs })
      for (let round = 0; round < 3; round++) {
        await Promise.all(Array.from({ length: 4 }, () => closed(begin(listener.port).resume())))
        await vi.waitFor(() => expectRoom(listener), { timeout: 10_000 })
      }
    })
  }

  test('no longer count once the server closes them', async () => {
    const listener = await openFor({ connectionsPerAddress: 4 })
    for (let count = 0; count < 4; count++) {
      connectAs(listener.port, valid)
      expect(await listener.outcome()).toBe('accepted')
    }
    listener.accepted[2]?.destroy()
    await untilAccepted(listener)
    connectAs(listener.port, valid)
    expect(await listener.outcome()).toBe(FULL)
  })

  test('do not fill the log, however many there are', async () => {
    const { port, lines } = await openFor({ connectionsPerAddress: 1 })
    const first = await connectFirst(port)
    const surplus = Array.from({ length: 99 }, () => connectPlainly(port))
    await Promise.all(surplus.map(closed))
    expect(first.closed).toBe(false)
    const warnings = lines.filter(({ message }) => message === 'connection refused')
    expect(warnings).toHaveLength(30)
    expect(warnings[0]).toEqual({
      level: 'warn',
      message: 'connection refused',
      fields: {
        outcome: 'refused',
        reason: 'more than 1 connections from one address',
        remoteAddress: '127.0.0.1',
      },
    })
  })
})

describe('a handshake', () => {
  test('ends in its time where the client says nothing, or half of it', async () => {
    const listener = await openFor({ handshakeTimeoutMs: 200 })
    const hello = await clientHello()
    for (const length of [0, 1, 5, hello.length / 2, hello.length]) {
      const begin = Date.now()
      const client = connectPlainly(listener.port)
      client.write(hello.subarray(0, length))
      expect(await listener.outcome()).toBe(TOO_LATE)
      await closed(client)
      expect(Date.now() - begin).toBeGreaterThan(190)
    }
    expect(listener.lines.every(({ fields }) => String(fields['remoteAddress']).includes('127.0.0.1'))).toBe(true)
    await untilAccepted(listener)
  })

  test('ends in its time where the client sends a byte now and then', async () => {
    const { port, outcome } = await openFor({ handshakeTimeoutMs: 300 })
    const client = connectPlainly(port)
    let sent = 0
    for (const byte of await clientHello()) {
      if (client.closed) break
      client.write(Buffer.of(byte))
      sent += 1
      await sleep(25)
    }
    expect(await outcome()).toBe(TOO_LATE)
    expect(sent).toBeLessThan(20)
  })

  test('that is done has no end in time', async () => {
    const { port, outcome } = await openFor({ handshakeTimeoutMs: 200 })
    const client = connectAs(port, valid)
    expect(await outcome()).toBe('accepted')
    await sleep(500)
    expect(client.closed).toBe(false)
  })

  test('that fails does not fill the log, however often it does', async () => {
    const { port, lines } = await openFor({})
    const clients = Array.from({ length: 100 }, () => connectPlainly(port))
    for (const client of clients) client.write('GET / HTTP/1.1\r\n\r\n')
    await Promise.all(clients.map(closed))
    expect(lines.filter(({ message }) => message === 'handshake refused')).toHaveLength(30)
  })
})

async function expectRoom(listener: ListenerUnderTest): Promise<void> {
  const before = listener.accepted.length
  const clients = Array.from({ length: 4 }, () => connectAs(listener.port, valid))
  try {
    await vi.waitUntil(() => listener.accepted.length === before + 4, { timeout: 2_000 })
  } finally {
    for (const client of clients) client.destroy()
    await Promise.all(clients.map(closed))
  }
}

function endOnceSecure(port: number, end: (client: TLSSocket, tcp: Socket) => void): Socket {
  const tcp = connectPlainly(port)
  const client = connectAs(port, { ...valid, socket: tcp })
  client.once('secureConnect', () => end(client, tcp))
  return tcp
}

function endOnceConnected(port: number, end: (client: Socket) => void, options = {}): Socket {
  const client = connectPlainly(port, options)
  client.once('connect', () => {
    client.write(Buffer.from('160301', 'hex'))
    end(client)
  })
  return client
}

/** What a client of ours begins with. */
async function clientHello(): Promise<Buffer> {
  const server = createServer()
  onTestFinished(() => void server.close())
  await once(server.listen(0, 'localhost'), 'listening')
  const accepted = once(server, 'connection')
  connectAs((server.address() as AddressInfo).port, valid)
  const [socket] = (await accepted) as [Socket]
  socket.on('error', () => {})
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return bytes
}
