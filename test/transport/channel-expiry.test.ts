import { connectivityState } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import { MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import type { TokenSource } from '../../src/token/token-source.ts'
import { type GenerationChannelOptions, type MeshChannel, openChannel } from '../../src/transport/channel.ts'
import { PendingToken } from '../../src/transport/pending-token.ts'
import { standingClock } from '../support/clock.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { closed } from '../support/listener.ts'
import { capturingLogger } from '../support/log.ts'
import { callRaw, openRawServer, RAW_KINDS, type RawServer, startRaw } from '../support/raw-kinds.ts'

const HOUR_MS = 60 * 60 * 1000

const issuer = createTestIssuer()
const orders = issuer.credential('orders')
const expiring = issuer.credential('inventory', { clock: () => Date.now() - HOUR_MS })
const renewed = issuer.credential('inventory')

const CANCELLED = { status: 'UNAVAILABLE', details: expect.stringMatching(/^CERTIFICATE_EXPIRED: .* during the call/) }
const REFUSED = { status: 'UNAVAILABLE', details: expect.stringMatching(/CERTIFICATE_EXPIRED: .* must be renewed/) }

/** A server whose first certificate expires an hour before its next one. */
async function openServer(options = {}) {
  const credentials = new MemoryCredentialSource(expiring)
  return { credentials, server: await openRawServer({ credentials, options }) }
}

function openTo({ port }: RawServer, clock: Clock, options: Partial<GenerationChannelOptions> = {}): MeshChannel {
  const server = parseServiceId('spiffe://shop.internal/inventory')
  const channel = openChannel({ address: { host: 'localhost', port }, server, credential: orders, clock, ...options })
  onTestFinished(() => channel.close())
  return channel
}

function until(condition: () => unknown): Promise<unknown> {
  return vi.waitUntil(condition, { timeout: 10_000, interval: 5 })
}

describe('when the certificate of the server expires', () => {
  for (const kind of RAW_KINDS) {
    test(`a call under way is cancelled, and not before, and the next one asks for the new: ${kind}`, async () => {
      const { server, credentials } = await openServer()
      const { clock, moveTo } = standingClock(expiring.notAfter)
      const channel = openTo(server, clock)
      const held = startRaw(channel, kind, 'hold')
      await until(() => server.received() === 1)
      expect(await callRaw(channel, kind)).toMatchObject({ status: 'OK' })
      expect(server.cancelled()).toBe(0)
      credentials.replace(renewed)

      moveTo(expiring.notAfter + 1)
      expect(await held.outcome).toMatchObject(CANCELLED)
      await until(() => server.cancelled() === 1)
      expect(await callRaw(channel, kind)).toMatchObject({ status: 'OK', answers: ['hello'] })
      expect(server.accepted).toHaveLength(2)
    })
  }

  test('calls fail while the server has no other', async () => {
    const { server, credentials } = await openServer()
    const { clock, moveTo } = standingClock()
    const logger = capturingLogger()
    const channel = openTo(server, clock, { logger })
    expect(await callRaw(channel, 'unary')).toMatchObject({ status: 'OK' })
    moveTo(expiring.notAfter + 1)
    for (const kind of RAW_KINDS) expect(await callRaw(channel, kind)).toMatchObject(REFUSED)
    expect(server.received()).toBe(1)
    const refused = { code: 'CERTIFICATE_EXPIRED', outcome: 'refused', address: `localhost:${server.port}` }
    expect(logger.lines).toContainEqual({
      level: 'warn',
      message: 'server refused',
      fields: expect.objectContaining(refused),
    })

    credentials.replace(renewed)
    await until(async () => (await callRaw(channel, 'unary')).status === 'OK')
  })

  test('a new call does not take the old connection, though no timer has noticed: the machine slept', async () => {
    const { server, credentials } = await openServer()
    const { clock, moveTo } = standingClock()
    const channel = openTo(server, clock)
    expect(await callRaw(channel, 'unary')).toMatchObject({ status: 'OK' })
    credentials.replace(renewed)
    moveTo(expiring.notAfter + 1)
    for (const kind of RAW_KINDS) expect(await callRaw(channel, kind)).toMatchObject({ status: 'OK' })
    expect(server.accepted).toHaveLength(2)
    const [first] = server.accepted
    if (first !== undefined) await closed(first)
  })

  test('a call that waits for its token gets through on the next connection', async () => {
    const { server, credentials } = await openServer()
    const { clock, moveTo } = standingClock(expiring.notAfter)
    const held = Promise.withResolvers<void>()
    const tokens: TokenSource = () => held.promise.then(() => 'token')
    const channel = openTo(server, clock, { tokens })
    const waiting = RAW_KINDS.map((kind) => callRaw(channel, kind, { credentials: new PendingToken([]) }))
    await until(() => server.accepted.length === 1 && channel.getConnectivityState(false) === connectivityState.READY)
    credentials.replace(renewed)
    moveTo(expiring.notAfter + 1)
    // The calls under way let the next channel connect at once.
    await until(() => server.accepted.length === 2)
    held.resolve()
    for (const outcome of waiting) expect(await outcome).toMatchObject({ status: 'OK', answers: ['hello'] })
    expect(server.received()).toBe(RAW_KINDS.length)
  })

  test('calls to a server with another certificate behind the same name go on', async () => {
    const { server, credentials } = await openServer({ 'grpc.max_connection_age_ms': 200 })
    const { clock, moveTo } = standingClock(expiring.notAfter)
    const channel = openTo(server, clock)
    const onExpiring = RAW_KINDS.map((kind) => startRaw(channel, kind, 'hold'))
    await until(() => server.received() === RAW_KINDS.length)
    credentials.replace(renewed)
    const before = server.accepted.length
    // The server lets go of a connection at its age, not of the calls on it.
    await until(async () => (await callRaw(channel, 'unary')).status === 'OK' && server.accepted.length > before)
    const received = server.received()
    const onRenewed = RAW_KINDS.map((kind) => startRaw(channel, kind, 'hold'))
    await until(() => server.received() === received + RAW_KINDS.length)

    moveTo(expiring.notAfter + 1)
    for (const { outcome } of onExpiring) expect(await outcome).toMatchObject(CANCELLED)
    expect(await callRaw(channel, 'unary')).toMatchObject({ status: 'OK' })
    server.release()
    for (const { outcome } of onRenewed) expect(await outcome).toMatchObject({ status: 'OK' })
  })

  test('a connection that drops for another reason is not called expired', async () => {
    const { server } = await openServer()
    const channel = openTo(server, () => expiring.notAfter)
    const held = RAW_KINDS.map((kind) => startRaw(channel, kind, 'hold'))
    await until(() => server.received() === RAW_KINDS.length)
    for (const socket of server.accepted) socket.destroy()
    for (const { outcome } of held) {
      expect(await outcome).toMatchObject({ status: 'UNAVAILABLE', details: 'Connection dropped' })
    }
  })

  test('a call that was under way when its channel was closed is cancelled too', async () => {
    const { server } = await openServer()
    const { clock, moveTo } = standingClock(expiring.notAfter)
    const logger = capturingLogger()
    const channel = openTo(server, clock, { logger })
    const held = startRaw(channel, 'bidi', 'hold')
    await until(() => server.received() === 1)
    channel.close()
    moveTo(expiring.notAfter + 1)
    expect(await held.outcome).toMatchObject(CANCELLED)
    const fields = { code: 'CERTIFICATE_EXPIRED', server: expiring.serviceId, address: `localhost:${server.port}` }
    const message = 'connection cut: the certificate of the server has expired'
    expect(logger.lines).toContainEqual({ level: 'warn', message, fields })
  })
})
