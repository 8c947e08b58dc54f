import type { TLSSocket } from 'node:tls'
import { Channel, credentials, ServerCredentials } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { verifyPeer } from '../../src/identity/verified-peer.ts'
import { openChannel } from '../../src/transport/channel.ts'
import { rememberPeer } from '../../src/transport/peers.ts'
import { callEcho, createEcho, openEcho } from '../support/echo.ts'
import { connectAs, openListener, tlsOptionsOf } from '../support/listener.ts'
import { createTestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'

const issuer = createTestCa()
const inventory = issuer.credential('inventory')
const orders = issuer.credential('orders')

function openTo(port: number, credential = orders) {
  const server = parseServiceId('spiffe://shop.internal/inventory')
  const channel = openChannel({ address: { host: 'localhost', port }, server, credential })
  onTestFinished(() => channel.close())
  return channel
}

describe('the peer of a call', () => {
  test('is the one that was verified when the connection was made, the same at each call', async () => {
    const { port, calls } = await openEcho({ credentials: inventory })
    const channel = openTo(port)
    for (let count = 0; count < 3; count++) await callEcho(channel)
    expect(calls).toHaveLength(3)
    expect(calls[0]?.peer).toMatchObject({ serviceId: orders.serviceId, thumbprint: orders.thumbprint })
    expect(new Set(calls.map(({ peer }) => peer)).size).toBe(1)
    expect(new Set(calls.map(({ context }) => context)).size).toBe(1)
  })

  test('is its own for each connection', async () => {
    const { port, calls } = await openEcho({ credentials: inventory })
    const shipping = issuer.credential('shipping')
    const channels = [openTo(port), openTo(port, shipping), openTo(port)]
    await Promise.all(channels.map((channel) => callEcho(channel)))
    expect(calls.map(({ peer }) => peer?.serviceId).toSorted()).toEqual([
      orders.serviceId,
      orders.serviceId,
      shipping.serviceId,
    ])
    expect(new Set(calls.map(({ context }) => context)).size).toBe(3)
  })

  test('is none where TLS has not verified the certificate, whoever says so', async () => {
    const { accepted, port, outcome } = await openListener({ credentials: inventory })
    connectAs(port, tlsOptionsOf(orders))
    expect(await outcome()).toBe('accepted')
    const socket = accepted[0] as TLSSocket
    const peer = verifyPeer(socket.getPeerCertificate().raw, orders.trustDomain)
    const unverified = Object.create(socket, { authorized: { value: false } }) as TLSSocket
    await refusalOf('TRANSPORT_NOT_AUTHENTICATED', () => rememberPeer(unverified, peer))
    expect(() => rememberPeer(socket, peer)).not.toThrow()
  })

  test('is unknown where a connection did not come by a listener of ours', async () => {
    const pem = (text: string) => Buffer.from(text)
    const pair = {
      private_key: pem(encodePrivateKey(inventory.privateKey)),
      cert_chain: pem(inventory.certificateChain),
    }
    const stock = ServerCredentials.createSsl(pem(inventory.bundle), [pair], true)
    const plain = ServerCredentials.createInsecure()
    for (const serverCredentials of [stock, plain]) {
      const { server, calls } = createEcho()
      const port = await new Promise<number>((resolve) =>
        server.bindAsync('localhost:0', serverCredentials, (_, bound) => resolve(bound)),
      )
      const channel =
        serverCredentials === stock ? openTo(port) : new Channel(`localhost:${port}`, credentials.createInsecure(), {})
      expect(await callEcho(channel)).toEqual({ answer: 'hello' })
      channel.close()
      expect(calls).toMatchObject([{ peer: undefined }])
    }
  })
})
