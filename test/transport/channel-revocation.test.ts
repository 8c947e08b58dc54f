import { Client, credentials as grpcCredentials } from '@grpc/grpc-js'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { verifyPeer } from '../../src/identity/verified-peer.ts'
import { type MeshChannel, openChannel } from '../../src/transport/channel.ts'
import type { TrustState } from '../../src/trust/trust-state.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { capturingLogger } from '../support/log.ts'
import { callRaw, openRawServer, RAW_KINDS, type RawServer, startRaw } from '../support/raw-kinds.ts'
import { bring, revoke, trustWithoutKeys } from '../support/trust.ts'

const issuer = createTestIssuer()
const orders = issuer.credential('orders')
const inventory = parseServiceId('spiffe://shop.internal/inventory')
const former = issuer.credential('inventory')
const renewed = issuer.credential('inventory')

const until = Math.floor(Date.now() / 1000) + 3600
const blocked = { kind: 'block', id: inventory, isLifted: false } as const

const CANCELLED = { status: 'UNAVAILABLE', details: expect.stringMatching(/^CERTIFICATE_REVOKED: .* during the call/) }
const REFUSED = { status: 'UNAVAILABLE', details: expect.stringMatching(/CERTIFICATE_REVOKED: .*is revoked, or/) }

let trust: TrustState

beforeEach(() => {
  trust = trustWithoutKeys(orders)
})

async function openServer() {
  const credentials = new MemoryCredentialSource(former)
  return { credentials, server: await openRawServer({ credentials }) }
}

function openTo({ port }: RawServer, logger = capturingLogger()): MeshChannel {
  const address = { host: 'localhost', port }
  const channel = openChannel({ address, server: inventory, credential: orders, trust, logger })
  onTestFinished(() => channel.close())
  return channel
}

/** The certificate that the server showed first. */
function serialNumberOf({ accepted }: RawServer): string {
  const raw = accepted[0]?.getX509Certificate()?.raw ?? Buffer.alloc(0)
  return verifyPeer(raw, orders.trustDomain).serialNumber
}

const soon = (condition: () => unknown) => vi.waitUntil(condition, { timeout: 10_000, interval: 5 })

describe('when the certificate of the server is revoked', () => {
  test.each(RAW_KINDS)(
    'a call under way is cancelled, and the next one takes the new certificate: %s',
    async (kind) => {
      const { server, credentials } = await openServer()
      const channel = openTo(server)
      const held = startRaw(channel, kind, 'hold')
      await soon(() => server.received() === 1)
      credentials.replace(renewed)
      revoke(trust, { kind: 'certificate', id: 'ab', until })
      expect(await callRaw(channel, kind)).toMatchObject({ status: 'OK' })
      expect(server.accepted).toHaveLength(1)
      revoke(trust, { kind: 'certificate', id: serialNumberOf(server), until })
      expect(await held.outcome).toMatchObject(CANCELLED)
      await soon(() => server.cancelled() === 1)
      await soon(async () => (await callRaw(channel, kind)).status === 'OK')
      expect(server.accepted).toHaveLength(2)
    },
  )

  test('calls fail while the server has no other, and while its service is blocked', async () => {
    const { server, credentials } = await openServer()
    const log = capturingLogger()
    const channel = openTo(server, log)
    expect(await callRaw(channel, 'unary')).toMatchObject({ status: 'OK' })
    revoke(trust, { kind: 'certificate', id: serialNumberOf(server), until })
    await soon(async () => (await callRaw(channel, 'unary')).details.includes('CERTIFICATE_REVOKED'))
    for (const kind of RAW_KINDS) expect(await callRaw(channel, kind)).toMatchObject(REFUSED)
    credentials.replace(renewed)
    await soon(async () => (await callRaw(channel, 'unary')).status === 'OK')

    revoke(trust, blocked)
    await soon(async () => (await callRaw(channel, 'unary')).details.includes('CERTIFICATE_REVOKED'))
    bring(trust, { ...blocked, isLifted: true })
    await soon(async () => (await callRaw(channel, 'unary')).status === 'OK')
    const refused = { code: 'CERTIFICATE_REVOKED', outcome: 'refused', address: `localhost:${server.port}` }
    expect(log.lines).toContainEqual({
      level: 'warn',
      message: 'server refused',
      fields: expect.objectContaining(refused),
    })
  })

  test('a channel that knows of no revocations goes on', async () => {
    const { server } = await openServer()
    const address = { host: 'localhost', port: server.port }
    const channel = openChannel({ address, server: inventory, credential: orders })
    onTestFinished(() => channel.close())
    const held = startRaw(channel, 'bidi', 'hold')
    await soon(() => server.received() === 1)
    revoke(trust, blocked)
    server.release()
    expect(await held.outcome).toMatchObject({ status: 'OK' })
  })
})

test('a channel hears of revocations once, whatever the number of its connections, and not when it is closed', async () => {
  const { server } = await openServer()
  const listeners = new Set<object>()
  vi.spyOn(trust, 'subscribe').mockImplementation((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  })
  const channel = openTo(server)
  const client = new Client('unused', grpcCredentials.createInsecure(), { channelOverride: channel })
  for (let round = 0; round < 3; round += 1) {
    await soon(async () => (await callRaw(channel, 'unary')).status === 'OK')
    expect(listeners.size).toBe(1)
    for (const socket of server.accepted) socket.destroy()
    await soon(() => listeners.size === 0)
  }
  expect((await callRaw(channel, 'unary')).status).toBe('OK')
  client.close()
  channel.close()
  await soon(() => listeners.size === 0)
})
