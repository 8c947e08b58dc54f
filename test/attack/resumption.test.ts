import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, createServer, type TLSSocket } from 'node:tls'
import { expect, onTestFinished, test, vi } from 'vitest'
import { sequence, time } from '../../src/core/der-writer.ts'
import { createTestIssuer, DAY_MS } from '../support/issuer.ts'
import { closed, connectAs, openListener, tlsOptionsOf } from '../support/listener.ts'

const issuer = createTestIssuer()
const inventory = issuer.credential('inventory')
const LIFE_MS = 4000

test('a certificate that has expired is refused on a session that began before, which a stock server resumes', async () => {
  // OpenSSL has a clock of its own, which no test can move.
  const expiry = Math.floor((Date.now() + LIFE_MS) / 1000) * 1000
  const validity = sequence(time(Date.now() - DAY_MS), time(expiry))
  const orders = { ...issuer.sign({ fields: { 4: validity } }), ca: inventory.bundle }

  const stock = await openStockServer()
  const { port, outcome, accepted } = await openListener({ credentials: inventory })
  const versions = ['TLSv1.3', 'TLSv1.2'] as const
  const ofStock = await Promise.all(
    versions.map((version) => sessionOf(stock.port, { ...orders, minVersion: version, maxVersion: version })),
  )
  const ofOurs = await sessionOf(port, orders)
  expect(await outcome()).toBe('accepted')

  await sleep(expiry + 1000 - Date.now())
  for (const [index, version] of versions.entries()) {
    const again = connectAs(stock.port, {
      ...orders,
      minVersion: version,
      maxVersion: version,
      session: ofStock[index],
    })
    await once(again, 'secureConnect')
    expect(again.isSessionReused(), version).toBe(true)
  }
  await vi.waitUntil(() => stock.resumed() === versions.length)
  for (const session of [ofOurs, ...ofStock]) {
    const again = connectAs(port, { ...orders, session })
    expect(await outcome()).toMatch(/^CERTIFICATE_EXPIRED: expired certificate/)
    await closed(again)
  }
  expect(accepted).toHaveLength(1)
})

/** Connects, and waits for what would resume the session. */
async function sessionOf(port: number, options: ConnectionOptions): Promise<Buffer> {
  const socket = connectAs(port, options)
  const [session] = (await once(socket, 'session')) as [Buffer]
  socket.destroy()
  return session
}

/** A Node server that requires client certificates, with all else as it comes. */
async function openStockServer() {
  const { cert, key, ca } = tlsOptionsOf(inventory)
  let resumed = 0
  const server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] })
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.isSessionReused() && socket.authorized) resumed += 1
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, 'localhost'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    /** How many sessions were resumed whose client it took for authorized. */
    resumed: () => resumed,
  }
}
