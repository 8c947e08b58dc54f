import { setTimeout as sleep } from 'node:timers/promises'
import { connectivityState } from '@grpc/grpc-js'
import { expect, test, vi } from 'vitest'
import { silentLogger } from '../../src/core/logger.ts'
import { BoundedChannel } from '../../src/transport/bounded-channel.ts'
import { createConnector } from '../../src/transport/connector.ts'
import { standingClock } from '../support/clock.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { openListener } from '../support/listener.ts'

const issuer = createTestIssuer()
const orders = issuer.credential('orders')
const inventory = issuer.credential('inventory')

for (const end of ['close', 'drain'] as const) {
  test(`a channel that connects while it ends is over once, and by no timer: ${end}`, async () => {
    const { port, accepted } = await openListener({ credentials: inventory })
    const { clock, moveTo } = standingClock()
    const address = { host: 'localhost', port }
    const connect = createConnector({
      address,
      server: inventory.serviceId,
      credential: orders,
      logger: silentLogger,
      clock,
      handshakeTimeoutMs: 10_000,
    })
    const onOver = vi.fn()
    const onClosed = vi.fn()
    const connected = Promise.withResolvers<void>()
    const channel = new BoundedChannel({
      target: `dns:///localhost:${port}`,
      maxAgeMs: 10,
      clock,
      onOver,
      onClosed,
      connect: async (tcp) => {
        const connection = await connect(tcp)
        channel[end]()
        setImmediate(connected.resolve)
        return connection
      },
    })
    channel.grpc.getConnectivityState(true)
    await connected.promise
    expect(onClosed).toHaveBeenCalledOnce()
    moveTo(clock() + 11)
    await vi.waitUntil(() => accepted.every((socket) => socket.closed), { timeout: 10_000 })
    expect(channel.grpc.getConnectivityState(false)).toBe(connectivityState.SHUTDOWN)
    await sleep(50)
    expect(onOver).not.toHaveBeenCalled()
  })
}
