import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { describe, expect, test, vi } from 'vitest'
import { silentLogger } from '../../src/core/logger.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { type CredentialSource, MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { listen } from '../../src/transport/listener.ts'
import { resolveServerLimits } from '../../src/transport/server-limits.ts'
import { standingClock } from '../support/clock.ts'
import { closed, connectAs, connectPlainly, openListener, tlsOptionsOf } from '../support/listener.ts'
import { createTestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'
import { revoke, trustWithoutKeys } from '../support/trust.ts'

const issuer = createTestCa()
const inventory = issuer.credential('inventory')
const orders = issuer.credential('orders')

/** The fingerprint of what a server presents. */
async function presentedBy(port: number): Promise<string> {
  const socket = connectAs(port, tlsOptionsOf(orders))
  await once(socket, 'secureConnect')
  return Buffer.from(socket.getPeerCertificate().fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
}

describe('a listener', () => {
  test('hands over a connection of a service of the trust domain, with TLS 1.3 and HTTP/2', async () => {
    const { port, outcome, accepted, lines } = await openListener({ credentials: inventory })
    connectAs(port, tlsOptionsOf(orders))
    expect(await outcome()).toBe('accepted')
    expect(accepted[0]?.authorized).toBe(true)
    expect(accepted[0]?.getProtocol()).toBe('TLSv1.3')
    expect(accepted[0]?.alpnProtocol).toBe('h2')
    expect(lines).toEqual([])
  })

  test('takes a free port where it is given port 0', async () => {
    const { listener } = await openListener({ credentials: inventory })
    expect(listener.address.host).toBe('localhost')
    expect(listener.address.port).toBeGreaterThan(0)
  })

  test('presents its certificate with the chain below the root', async () => {
    const { port } = await openListener({ credentials: inventory })
    expect(await presentedBy(port)).toBe(inventory.thumbprint)
  })

  test('refuses an address that is taken, and then holds on to nothing', async () => {
    const { listener } = await openListener({ credentials: inventory })
    const { source, subscribers } = countingSource()
    const options = {
      credentials: source,
      accept() {},
      trust: trustWithoutKeys(inventory),
      limits: resolveServerLimits(),
      logger: silentLogger,
      clock: Date.now,
    }
    const refusal = await refusalOf('CONFIGURATION_INVALID', () => listen(listener.address, options))
    expect(refusal.message).toContain(`localhost:${listener.address.port}`)
    expect(subscribers.size).toBe(0)
  })

  test('resumes no session, so that each connection shows its certificate', async () => {
    const isReused: boolean[] = []
    const accept = (socket: TLSSocket) => void isReused.push(socket.isSessionReused())
    const { port, outcome } = await openListener({ credentials: inventory, accept })
    const sessions: Buffer[] = []
    const first = connectAs(port, tlsOptionsOf(orders))
    first.on('session', (session) => sessions.push(session))
    expect(await outcome()).toBe('accepted')
    await vi.waitUntil(() => sessions.length > 0)
    first.destroy()

    for (const session of sessions) {
      const again = connectAs(port, { ...tlsOptionsOf(orders), session })
      await once(again, 'secureConnect')
      expect(again.isSessionReused()).toBe(false)
      expect(await outcome()).toBe('accepted')
      const withoutCertificate = connectAs(port, { ca: orders.bundle, session })
      expect(await outcome()).toBe('TRANSPORT_NOT_AUTHENTICATED: no client certificate')
      withoutCertificate.destroy()
    }
    expect(isReused).toEqual([false, ...sessions.map(() => false)])
  })

  test('closes a connection that cannot be handed over, and says so in the log', async () => {
    const accept = () => {
      throw new Error('the server is gone')
    }
    const { port, outcome } = await openListener({ credentials: inventory, accept })
    const client = connectAs(port, tlsOptionsOf(orders))
    expect(await outcome()).toMatch(/^INTERNAL: Error: the server is gone/)
    await closed(client)
  })

  test('accepts nothing more once it is closed, and leaves open what it handed over', async () => {
    const { source, subscribers } = countingSource()
    const { listener, port, outcome, accepted } = await openListener({ credentials: source })
    const client = connectAs(port, tlsOptionsOf(orders))
    expect(await outcome()).toBe('accepted')
    listener.close()
    const late = connectPlainly(port)
    await closed(late)
    expect(client.closed).toBe(false)

    accepted[0]?.destroy()
    await vi.waitUntil(() => subscribers.size === 0)
  })
})

describe('when a certificate expires', () => {
  test('its connections are cut, and not before', async () => {
    const { clock, moveTo } = standingClock(orders.notAfter)
    const { port, outcome, accepted } = await openListener({ credentials: inventory, clock })
    const client = connectAs(port, tlsOptionsOf(orders))
    expect(await outcome()).toBe('accepted')
    await sleep(100)
    expect(accepted[0]?.destroyed).toBe(false)
    moveTo(orders.notAfter + 1)
    await closed(client)
  })

  test('a connection that is made after is refused, though the machine is behind the clock', async () => {
    const { clock } = standingClock(orders.notAfter + 1000)
    const { port, outcome, accepted } = await openListener({ credentials: inventory, clock })
    const client = connectAs(port, tlsOptionsOf(orders))
    expect(await outcome()).toMatch(
      /^CERTIFICATE_EXPIRED: expired certificate: since .*spiffe:\/\/shop.internal\/orders/,
    )
    await closed(client)
    expect(accepted).toEqual([])
  })

  test('connections of other certificates stay open', async () => {
    const soon = issuer.credential('orders', { clock: () => Date.now() - 60 * 60 * 1000 })
    const { clock, moveTo } = standingClock(soon.notAfter)
    const { port, outcome } = await openListener({ credentials: inventory, clock })
    const clients: TLSSocket[] = []
    for (const credential of [soon, orders]) {
      clients.push(connectAs(port, tlsOptionsOf(credential)))
      expect(await outcome()).toBe('accepted')
    }
    moveTo(soon.notAfter + 1)
    await vi.waitUntil(() => clients[0]?.closed, { timeout: 10_000 })
    await sleep(50)
    expect(clients[1]?.closed).toBe(false)
  })
})

describe('when certificates are revoked', () => {
  const until = Math.floor(Date.now() / 1000) + 3600
  const blockOf = ({ serviceId }: Credential, isLifted = false) => ({ kind: 'block', id: serviceId, isLifted }) as const

  test('their connections are cut a moment later, others stay, and the log tells whose', async () => {
    const trust = trustWithoutKeys(inventory)
    const { port, outcome, accepted, lines } = await openListener({ credentials: inventory, trust })
    const [another, shipping] = [issuer.credential('orders'), issuer.credential('shipping')]
    const clients: TLSSocket[] = []
    for (const credential of [orders, another, shipping]) {
      clients.push(connectAs(port, tlsOptionsOf(credential)))
      expect(await outcome()).toBe('accepted')
    }
    const id = String(accepted[0]?.getPeerX509Certificate()?.serialNumber.toLowerCase())
    revoke(trust, { kind: 'certificate', id, until })
    expect(accepted[0]?.destroyed).toBe(false)
    await vi.waitUntil(() => clients[0]?.closed)
    expect([clients[1]?.closed, clients[2]?.closed]).toEqual([false, false])

    revoke(trust, blockOf(orders))
    await vi.waitUntil(() => clients[1]?.closed)
    expect(clients[2]?.closed).toBe(false)
    const cut = { code: 'CERTIFICATE_REVOKED', caller: orders.serviceId, remoteAddress: expect.any(String) }
    expect(lines.map(({ message, fields }) => [message, fields])).toEqual([
      ['connection cut', cut],
      ['connection cut', cut],
    ])
  })

  test('connections that are made after are refused in the handshake, until a block is lifted', async () => {
    const trust = trustWithoutKeys(inventory)
    const { port, outcome, accepted } = await openListener({ credentials: inventory, trust })
    revoke(trust, blockOf(orders))
    const client = connectAs(port, tlsOptionsOf(orders))
    expect(await outcome()).toMatch(/^CERTIFICATE_REVOKED: certificate .*spiffe:\/\/shop.internal\/orders/)
    await closed(client)
    expect(accepted).toEqual([])
    revoke(trust, blockOf(orders, true))
    connectAs(port, tlsOptionsOf(orders))
    expect(await outcome()).toBe('accepted')
  })

  test('it hears of that once for all its connections, and not at all without any', async () => {
    const trust = trustWithoutKeys(inventory)
    const listeners = new Set<object>()
    vi.spyOn(trust, 'subscribe').mockImplementation((listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    })
    const { port, outcome, accepted } = await openListener({ credentials: inventory, trust })
    expect(listeners.size).toBe(0)
    for (let round = 0; round < 2; round += 1) {
      for (let count = 0; count < 3; count += 1) {
        connectAs(port, tlsOptionsOf(orders))
        expect(await outcome()).toBe('accepted')
      }
      expect(listeners.size).toBe(1)
      for (const socket of accepted) socket.destroy()
      await vi.waitUntil(() => listeners.size === 0)
    }
  })
})

describe('when its credential is replaced', () => {
  test('new connections see the new certificate, and old ones stay', async () => {
    const source = new MemoryCredentialSource(inventory)
    const { port, outcome } = await openListener({ credentials: source })
    const early = connectAs(port, tlsOptionsOf(orders))
    expect(await outcome()).toBe('accepted')

    const renewed = issuer.credential('inventory')
    source.replace(renewed)
    expect(await presentedBy(port)).toBe(renewed.thumbprint)
    expect(await outcome()).toBe('accepted')
    expect(early.closed).toBe(false)
  })

  test('the rules stay: TLS 1.3, HTTP/2, a client certificate, no resumption', async () => {
    const source = new MemoryCredentialSource(inventory)
    const { port, outcome } = await openListener({ credentials: source })
    let saved: Buffer | undefined
    connectAs(port, tlsOptionsOf(orders)).on('session', (session) => {
      saved = session
    })
    expect(await outcome()).toBe('accepted')
    await vi.waitUntil(() => saved !== undefined)
    source.replace(issuer.credential('inventory'))

    const old = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
    connectAs(port, { ...tlsOptionsOf(orders), ...old })
    expect(await outcome()).toBe('TRANSPORT_NOT_AUTHENTICATED: connection below TLS 1.3')
    connectAs(port, { ca: orders.bundle })
    expect(await outcome()).toBe('TRANSPORT_NOT_AUTHENTICATED: no client certificate')
    connectAs(port, { ...tlsOptionsOf(orders), ALPNProtocols: ['http/1.1'] })
    expect(await outcome()).toBe('TRANSPORT_NOT_AUTHENTICATED: connection without HTTP/2')
    for (let count = 0; count < 2; count++) {
      const again = connectAs(port, { ...tlsOptionsOf(orders), session: saved })
      again.on('session', (session) => {
        saved = session
      })
      expect(await outcome()).toBe('accepted')
      expect(again.isSessionReused()).toBe(false)
    }
  })

  test('so are its roots: the services of another CA come in, those of the old one do not', async () => {
    const next = createTestCa()
    const source = new MemoryCredentialSource(inventory)
    const { port, outcome } = await openListener({ credentials: source })
    source.replace(next.credential('inventory'))
    connectAs(port, { ...tlsOptionsOf(next.credential('orders')) })
    expect(await outcome()).toBe('accepted')
    connectAs(port, { ...tlsOptionsOf(orders), rejectUnauthorized: false })
    expect(await outcome()).toMatch(/^TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: issuer "CN=/)
  })
})

/** A source that tells who is still subscribed. */
function countingSource() {
  const subscribers = new Set<object>()
  const source: CredentialSource = {
    current: () => inventory,
    subscribe(listener) {
      subscribers.add(listener)
      return () => subscribers.delete(listener)
    },
  }
  return { source, subscribers }
}
