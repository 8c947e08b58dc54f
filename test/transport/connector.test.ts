import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTlsServer } from 'node:tls'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Credential } from '../../src/identity/credential.ts'
import { type ConnectorOptions, createConnector } from '../../src/transport/connector.ts'
import type { TrustState } from '../../src/trust/trust-state.ts'
import { standingClock } from '../support/clock.ts'
import { createTestIssuer, DAY_MS } from '../support/issuer.ts'
import { closed, openListener, tlsOptionsOf } from '../support/listener.ts'
import { capturingLogger } from '../support/log.ts'
import { revoke, trustWithoutKeys } from '../support/trust.ts'

const issuer = createTestIssuer()
const orders = issuer.credential('orders')
const inventory = issuer.credential('inventory')

/** Connects to a port as grpc-js has it: a TCP connection first. */
async function connectTo(
  port: number,
  options: Partial<ConnectorOptions> = {},
  prepare: (tcp: Socket) => void = () => {},
) {
  const address = { host: 'localhost', port }
  const logger = capturingLogger()
  const connect = createConnector({
    address,
    server: inventory.serviceId,
    credential: orders,
    logger,
    clock: Date.now,
    handshakeTimeoutMs: 10_000,
    ...options,
  })
  const tcp = new Socket().connect(address)
  onTestFinished(() => void tcp.destroy())
  await once(tcp, 'connect')
  prepare(tcp)
  return { tcp, lines: logger.lines, connection: connect(tcp) }
}

describe('a connector', () => {
  test('hands out a connection with the server that it verified', async () => {
    const { port } = await openListener({ credentials: inventory })
    const { connection } = await connectTo(port)
    const { socket, server } = await connection
    onTestFinished(() => void socket.destroy())
    expect(server).toMatchObject({ serviceId: inventory.serviceId, thumbprint: inventory.thumbprint })
    expect([socket.authorized, socket.alpnProtocol, socket.getProtocol()]).toEqual([true, 'h2', 'TLSv1.3'])
  })

  test('cuts it once the certificate of the server has expired, and not before', async () => {
    const { port } = await openListener({ credentials: inventory })
    const { clock, moveTo } = standingClock(inventory.notAfter)
    const { connection, lines } = await connectTo(port, { clock })
    const { socket } = await connection
    await sleep(50)
    expect(socket.destroyed).toBe(false)
    moveTo(inventory.notAfter + 1)
    await closed(socket)
    expect(lines.map(({ level, fields }) => [level, fields['code']])).toEqual([['warn', 'CERTIFICATE_EXPIRED']])
  })

  test('cuts it once the certificate of the server is revoked, at once, and hears of no more then', async () => {
    const { port } = await openListener({ credentials: inventory })
    const trust = trustWithoutKeys(orders)
    const { connection, lines } = await connectTo(port, { trust })
    const { socket, server } = await connection
    const until = Math.floor(Date.now() / 1000) + 3600
    revoke(trust, { kind: 'certificate', id: 'ab', until }, { kind: 'block', id: orders.serviceId, isLifted: false })
    expect(socket.destroyed).toBe(false)
    revoke(trust, { kind: 'certificate', id: server.serialNumber, until })
    expect(socket.destroyed).toBe(true)
    await closed(socket)
    revoke(trust, { kind: 'block', id: inventory.serviceId, isLifted: false })
    const fields = { code: 'CERTIFICATE_REVOKED', server: inventory.serviceId, address: `localhost:${port}` }
    const message = 'connection cut: the certificate of the server is revoked, or it is blocked'
    expect(lines).toEqual([{ level: 'warn', message, fields }])
  })

  test('leaves alone what has closed by then', async () => {
    const { port } = await openListener({ credentials: inventory })
    const { clock, moveTo } = standingClock(inventory.notAfter)
    const { connection, lines } = await connectTo(port, { clock })
    const { socket } = await connection
    socket.destroy()
    await closed(socket)
    moveTo(inventory.notAfter + 1)
    await sleep(50)
    expect(lines).toEqual([])
  })
})

describe('a connector refuses, and says so,', () => {
  const REFUSED: readonly (readonly [
    title: string,
    server: Credential,
    options: Partial<ConnectorOptions>,
    code: string,
  ])[] = [
    ['another service', issuer.credential('billing'), {}, 'TRANSPORT_NOT_AUTHENTICATED'],
    [
      'the service under another name',
      issuer.credential('inventory', { dnsNames: ['inventory.example'] }),
      {},
      'TRANSPORT_NOT_AUTHENTICATED',
    ],
    [
      'a certificate that has expired by our clock',
      inventory,
      { clock: () => inventory.notAfter + 1 },
      'CERTIFICATE_EXPIRED',
    ],
    [
      'a certificate that has expired by the clock of the system',
      issuer.credential('inventory', { clock: () => Date.now() - 2 * DAY_MS }),
      { clock: () => Date.now() - 2 * DAY_MS },
      'CERTIFICATE_EXPIRED',
    ],
    ['a service that is blocked', inventory, { trust: blocking(inventory) }, 'CERTIFICATE_REVOKED'],
  ]
  for (const [title, credentials, options, code] of REFUSED) {
    test(title, async () => {
      const { port } = await openListener({ credentials })
      const { connection, tcp, lines } = await connectTo(port, options)
      await expect(connection).rejects.toThrow(new RegExp(`^${code}: `))
      await closed(tcp)
      const refused = { outcome: 'refused', code, address: `localhost:${port}`, reason: expect.any(String) }
      expect(lines).toContainEqual({ level: 'warn', message: 'server refused', fields: refused })
    })
  }
})

test('a connector refuses a server of another CA, also where the environment tells Node to verify none', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { port } = await openListener({ credentials: createTestIssuer().credential('inventory') })
  const { connection, tcp } = await connectTo(port)
  await expect(connection).rejects.toThrow('unable to get local issuer certificate')
  await closed(tcp)
})

describe('a connector gives up on a server', () => {
  test('that does not finish the handshake in time', async () => {
    const port = await portOf(createServer((socket) => socket.on('error', () => {})))
    const { connection, tcp } = await connectTo(port, { handshakeTimeoutMs: 20 })
    await expect(connection).rejects.toThrow('in time')
    await closed(tcp)
  })

  test('that leaves during the handshake', async () => {
    const port = await portOf(createServer((socket) => socket.destroy()))
    const { connection, tcp } = await connectTo(port)
    await expect(connection).rejects.toThrow()
    await closed(tcp)
  })

  test('whose connection this side has given up, before the handshake or during it', async () => {
    const port = await portOf(createServer((socket) => socket.on('error', () => {})))
    for (const giveUp of [(tcp: Socket) => tcp.destroy(), (tcp: Socket) => setTimeout(() => tcp.destroy(), 20)]) {
      const { connection, tcp } = await connectTo(port, {}, giveUp)
      await expect(connection).rejects.toThrow('closed during')
      expect(tcp.destroyed).toBe(true)
    }
  })

  test('that does not say that it speaks HTTP/2', async () => {
    const { cert, key } = tlsOptionsOf(inventory)
    const port = await portOf(createTlsServer({ cert, key }, (socket) => socket.on('error', () => {})))
    const { connection, tcp } = await connectTo(port)
    await expect(connection).rejects.toThrow('HTTP/2')
    await closed(tcp)
  })
})

function blocking({ serviceId }: Credential): TrustState {
  const trust = trustWithoutKeys(orders)
  revoke(trust, { kind: 'block', id: serviceId, isLifted: false })
  return trust
}

/** The port of a new server, which is closed after the test. */
async function portOf(server: Server): Promise<number> {
  onTestFinished(() => void server.close())
  await once(server.listen(0, 'localhost'), 'listening')
  return (server.address() as AddressInfo).port
}
