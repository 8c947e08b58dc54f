import { randomBytes } from 'node:crypto'
import { connect as connectHttp2 } from 'node:http2'
import type { ConnectionOptions } from 'node:tls'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createTestIssuer } from '../support/issuer.ts'
import { closed, connectAs, connectPlainly, openListener, tlsOptionsOf } from '../support/listener.ts'

const issuer = createTestIssuer()
const inventory = issuer.credential('inventory')
const orders = issuer.credential('orders')
const valid = tlsOptionsOf(orders)

const REFUSED: readonly (readonly [title: string, options: ConnectionOptions, reason: string])[] = [
  ['without a client certificate', { ca: orders.bundle }, 'no client certificate'],
  ['with TLS 1.2', { ...valid, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }, 'connection below TLS 1.3'],
  [
    'with TLS 1.0',
    { ...valid, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
    'connection below TLS 1.3',
  ],
  ['with no word on the protocol', { ...valid, ALPNProtocols: [] }, 'connection without HTTP/2'],
  ['for HTTP/1.1', { ...valid, ALPNProtocols: ['http/1.1'] }, 'connection without HTTP/2'],
  ['for another protocol', { ...valid, ALPNProtocols: ['h2c', 'h3', 'H2', 'grpc-exp'] }, 'connection without HTTP/2'],
]

describe('a handshake is refused', () => {
  for (const [title, options, reason] of REFUSED) {
    test(title, async () => {
      const { port, outcome, accepted } = await openListener({ credentials: inventory })
      const client = connectAs(port, options)
      expect(await outcome()).toBe(`TRANSPORT_NOT_AUTHENTICATED: ${reason}`)
      await closed(client)
      expect(accepted).toEqual([])
    })
  }

  test('in plain text: HTTP/1, HTTP/2, and what is neither', async () => {
    const greetings = [
      'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n',
      'POST /shop.v1.Orders/Place HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/grpc\r\n\r\n',
      'CONNECT localhost:443 HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'SSH-2.0-OpenSSH_9.6\r\n',
      Buffer.alloc(2000, 0x00),
      Buffer.alloc(2000, 0xff),
      Buffer.concat([Buffer.from('802e0100020015000000', 'hex'), Buffer.alloc(38, 1)]),
    ]
    for (const greeting of greetings) {
      const { port, outcome, accepted } = await openListener({ credentials: inventory })
      const client = connectPlainly(port)
      client.write(greeting)
      expect(await outcome()).toMatch(/^TRANSPORT_NOT_AUTHENTICATED: (plaintext connection|handshake failed: .+)$/)
      await closed(client)
      expect(accepted).toEqual([])
    }
  })

  test('by HTTP/2 without TLS, before a request is read', async () => {
    const { port, outcome } = await openListener({ credentials: inventory })
    const session = connectHttp2(`http://localhost:${port}`)
    onTestFinished(() => session.destroy())
    session.on('error', () => {})
    session.request({ ':path': '/shop.v1.Orders/Place', ':method': 'POST' }).on('error', () => {})
    expect(await outcome()).toBe('TRANSPORT_NOT_AUTHENTICATED: plaintext connection')
  })

  test('without a warning where the client leaves before it is done', async () => {
    const { port, lines, accepted } = await openListener({ credentials: inventory })
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const client = connectPlainly(port)
      client.write(Buffer.from('160301', 'hex'), () => client[leave]())
      await closed(client)
    }
    await vi.waitUntil(() => lines.length === 3)
    expect(new Set(lines.map(({ level, message }) => `${level}: ${message}`))).toEqual(
      new Set(['debug: connection ended during the handshake']),
    )
    expect(accepted).toEqual([])
  })

  test('with a line in the log that says where it came from', async () => {
    const { port, outcome, lines } = await openListener({ credentials: inventory, limits: { handshakeTimeoutMs: 500 } })
    const clients: readonly (() => void)[] = [
      () => connectAs(port, { ca: orders.bundle }),
      () => connectAs(port, { ...valid, ALPNProtocols: [] }),
      () => connectAs(port, { ...valid, ALPNProtocols: ['http/1.1'] }),
      () => connectAs(port, { ...valid, maxVersion: 'TLSv1.2' }),
      () => connectAs(port, { ...tlsOptionsOf(createTestIssuer().credential('orders')), rejectUnauthorized: false }),
      () => connectAs(port, { ...issuer.sign({ template: { uris: [] } }), ca: orders.bundle }),
      () => void connectPlainly(port).write('GET / HTTP/1.1\r\n\r\n'),
      () => void connectPlainly(port).write(Buffer.alloc(2000, 0xff)),
      () => connectPlainly(port),
    ]
    for (const connect of clients) {
      connect()
      await outcome()
      const remoteAddress = expect.stringMatching(/^(::ffff:)?127\.|^::1$/)
      const fields = { outcome: 'refused', code: expect.any(String), reason: expect.any(String), remoteAddress }
      expect(lines.at(-1)).toEqual({ level: 'warn', message: 'handshake refused', fields })
    }
  })

  test('with the address of one who leaves before it is done, where the log tells that much', async () => {
    const { port, lines } = await openListener({ credentials: inventory })
    connectPlainly(port).write(Buffer.from('160301', 'hex'))
    const client = connectPlainly(port)
    client.write(Buffer.from('160301', 'hex'), () => client.destroy())
    await vi.waitUntil(() => lines.length > 0)
    const fields = { remoteAddress: expect.stringMatching(/^(::ffff:)?127\.|^::1$/) }
    expect(lines).toEqual([{ level: 'debug', message: 'connection ended during the handshake', fields }])
  })
})

describe('a listener that is attacked', () => {
  test('still serves: after noise, half a handshake, and a hundred connections that say nothing', async () => {
    const { port, outcome, accepted } = await openListener({ credentials: inventory })
    const silent = Array.from({ length: 100 }, () => connectPlainly(port))
    const record = (body: Buffer) =>
      Buffer.concat([Buffer.from('160301', 'hex'), Buffer.of(body.length >> 8, body.length & 255), body])
    const noise = Array.from({ length: 100 }, (_, index) => record(randomBytes(1 + index * 5)))
    for (const bytes of noise) connectPlainly(port).write(bytes)
    connectPlainly(port).write(Buffer.concat(noise))

    const client = connectAs(port, valid)
    await vi.waitUntil(() => accepted.length === 1)
    expect(client.closed).toBe(false)
    expect(silent.every((socket) => !socket.closed)).toBe(true)
    expect(await outcome()).toMatch(/^(TRANSPORT_NOT_AUTHENTICATED: .+|accepted)$/)
  })

  test('takes any server name: it goes by the certificate alone', async () => {
    const { port, outcome } = await openListener({ credentials: inventory })
    const names = [
      'localhost',
      'evil.example',
      'a'.repeat(200),
      '*',
      'x..y',
      'billing',
      ' ',
      '%00',
      'spiffe://shop.internal/orders',
    ]
    for (const servername of names) {
      connectAs(port, { ...valid, servername, checkServerIdentity: () => undefined })
      expect(await outcome()).toBe('accepted')
    }
  })

  test('ends a handshake with a server name that no library sends', async () => {
    const names = [
      Buffer.alloc(256, 'a'),
      Buffer.alloc(60_000, 'a'),
      Buffer.from('localhost\0.evil.example'),
      Buffer.alloc(10),
    ]
    // A name that is none is noticed before what this client leaves out.
    const reasons = [...names.map(() => 'ERR_SSL_BAD_EXTENSION'), 'ERR_SSL_MISSING_SIGALGS_EXTENSION']
    for (const [index, name] of [...names, Buffer.from('localhost')].entries()) {
      const { port, outcome, accepted } = await openListener({ credentials: inventory })
      const client = connectPlainly(port)
      client.write(clientHello(name))
      expect(await outcome()).toBe(`TRANSPORT_NOT_AUTHENTICATED: handshake failed: ${reasons[index]}`)
      await closed(client)
      expect(accepted).toEqual([])
    }
  })
})

/** A ClientHello of TLS 1.3 (RFC 8446 section 4.1.2) as far as its server name, in records of at most 16 KB. */
function clientHello(serverName: Buffer): Buffer {
  const list = vector(2, Buffer.concat([Buffer.of(0), vector(2, serverName)]))
  const versions = Buffer.from('002b0003020304', 'hex')
  const extensions = Buffer.concat([Buffer.of(0, 0), vector(2, list), versions])
  const body = Buffer.concat([
    Buffer.of(3, 3),
    randomBytes(32),
    vector(1, Buffer.alloc(0)),
    vector(2, Buffer.from('1301', 'hex')),
    vector(1, Buffer.of(0)),
    vector(2, extensions),
  ])
  const message = Buffer.concat([Buffer.of(1), vector(3, body)])
  const records: Buffer[] = []
  for (let start = 0; start < message.length; start += 16_384) {
    records.push(Buffer.of(22, 3, 1), vector(2, message.subarray(start, start + 16_384)))
  }
  return Buffer.concat(records)
}

/** Bytes after their count, which takes so many octets. */
function vector(octets: number, bytes: Buffer): Buffer {
  const length = Buffer.alloc(octets)
  length.writeUIntBE(bytes.length, 0, octets)
  return Buffer.concat([length, bytes])
}
