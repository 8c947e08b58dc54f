import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, createServer, type TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import { AuthError } from '../../src/core/errors.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { verifyConnection } from '../../src/transport/verify-connection.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { connectAs, tlsOptionsOf } from '../support/listener.ts'
import { revoke, trustWithoutKeys } from '../support/trust.ts'

const issuer = createTestIssuer()
const orders = issuer.credential('orders')
const inventory = issuer.credential('inventory')
const trustDomain = parseTrustDomain('shop.internal')

/** The server's end of connections to a TLS server that refuses nobody and resumes sessions. */
async function openLaxServer() {
  const { cert, key, ca } = tlsOptionsOf(inventory)
  const server = createServer({
    cert,
    key,
    ca,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2', 'http/1.1'],
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, 'localhost'), 'listening')
  const { port } = server.address() as AddressInfo
  return async (clientOptions: ConnectionOptions) => {
    const accepted = once(server, 'secureConnection')
    const client = connectAs(port, clientOptions)
    client.resume()
    const [socket] = (await accepted) as [TLSSocket]
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    return { client, socket }
  }
}

/** The service ID of the peer, or the code and the reason with which it is refused. */
function verdictOn(socket: TLSSocket, clock: Clock = Date.now, trust = trustWithoutKeys(inventory)): string {
  try {
    return verifyConnection(socket, trustDomain, { trust, clock }).serviceId
  } catch (error) {
    return error instanceof AuthError ? `${error.code}: ${error.logDetail ?? error.message}` : String(error)
  }
}

describe('a connection', () => {
  test('of a service of the trust domain is its', async () => {
    const connect = await openLaxServer()
    const { socket } = await connect(tlsOptionsOf(orders))
    expect(verdictOn(socket)).toBe('spiffe://shop.internal/orders')
  })

  test('is refused where the TLS server refuses nobody', async () => {
    const connect = await openLaxServer()
    const foreign = createTestIssuer()
    const elsewhere = createTestIssuer('dev.internal')
    const refused: readonly (readonly [ConnectionOptions, RegExp])[] = [
      [{ ca: orders.bundle }, /^TRANSPORT_NOT_AUTHENTICATED: no client certificate$/],
      [
        tlsOptionsOf(foreign.credential('orders')),
        /^TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: issuer "CN=/,
      ],
      [tlsOptionsOf(elsewhere.credential('orders')), /names "URI:spiffe:\/\/dev\.internal\/orders, DNS:localhost"$/],
      [
        issuer.sign({ template: { uris: ['spiffe://dev.internal/orders'] }, signer: issuer.unconstrained }),
        /^TRANSPORT_NOT_AUTHENTICATED: .+ trust domain dev\.internal instead of shop\.internal\.$/,
      ],
      [{ ...tlsOptionsOf(orders), ALPNProtocols: [] }, /^TRANSPORT_NOT_AUTHENTICATED: connection without HTTP\/2$/],
      [
        { ...tlsOptionsOf(orders), ALPNProtocols: ['http/1.1'] },
        /^TRANSPORT_NOT_AUTHENTICATED: connection without HTTP\/2$/,
      ],
    ]
    for (const [options, expected] of refused) {
      const { socket } = await connect({ ...options, rejectUnauthorized: false })
      expect(verdictOn(socket)).toMatch(expected)
    }
  })

  test('is refused where the certificate has expired by our clock, though not by that of the machine', async () => {
    const connect = await openLaxServer()
    const { socket } = await connect(tlsOptionsOf(orders))
    expect(verdictOn(socket, () => orders.notAfter)).toBe('spiffe://shop.internal/orders')
    const expired = verdictOn(socket, () => orders.notAfter + 1)
    expect(expired).toMatch(
      /^CERTIFICATE_EXPIRED: expired certificate: since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, names "URI/,
    )
  })

  test('is refused where its certificate is revoked, and the log is told whose it is', async () => {
    const connect = await openLaxServer()
    const { socket } = await connect(tlsOptionsOf(orders))
    const blocking = trustWithoutKeys(inventory)
    revoke(blocking, { kind: 'block', id: orders.serviceId, isLifted: false })
    const verdict = verdictOn(socket, Date.now, blocking)
    expect(verdict).toMatch(
      /^CERTIFICATE_REVOKED: certificate [0-9a-f]+ of spiffe:\/\/shop\.internal\/orders: the service is/,
    )
    revoke(blocking, { kind: 'block', id: orders.serviceId, isLifted: true })
    expect(verdictOn(socket, Date.now, blocking)).toBe(orders.serviceId)
  })

  test('is refused where its session was resumed, whatever the first one showed', async () => {
    const connect = await openLaxServer()
    for (const options of [tlsOptionsOf(orders), { ca: orders.bundle }]) {
      for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
        const sessions: Buffer[] = []
        const first = await connect({ ...options, maxVersion })
        first.client.on('session', (session) => sessions.push(session))
        first.socket.write('.') // a ticket of TLS 1.3 comes with the first byte
        await expect.poll(() => sessions.length).toBeGreaterThan(0)
        const again = await connect({ ...options, maxVersion, session: sessions.at(-1) })
        expect(again.socket.isSessionReused()).toBe(true)
        expect(verdictOn(again.socket)).toBe('TRANSPORT_NOT_AUTHENTICATED: resumed session')
      }
    }
  })
})
