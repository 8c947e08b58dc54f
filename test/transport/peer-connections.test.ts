import { EventEmitter } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { parseCertificates } from '../../src/identity/pem-certificates.ts'
import { verifyPeer } from '../../src/identity/verified-peer.ts'
import { PeerConnections } from '../../src/transport/peer-connections.ts'
import { createTestCa } from '../support/pki.ts'
import { revoke, trustWithoutKeys } from '../support/trust.ts'

test('each connection of a blocked service is cut, also where to cut another fails', () => {
  const orders = createTestCa().credential('orders')
  const [certificate] = parseCertificates(orders.certificateChain, 'a certificate')
  const peer = verifyPeer(certificate?.der ?? Buffer.alloc(0), orders.trustDomain)
  const trust = trustWithoutKeys(orders)
  const cut: TLSSocket[] = []
  const connections = new PeerConnections({
    trust,
    clock: Date.now,
    cut: (socket) => {
      cut.push(socket)
      throw new Error('The logger failed.')
    },
  })
  const sockets = [1, 2].map(() => new EventEmitter() as TLSSocket)
  for (const socket of sockets) connections.add(socket, peer)
  revoke(trust, { kind: 'block', id: orders.serviceId, isLifted: false })
  expect(cut).toEqual(sockets)
  for (const socket of sockets) socket.emit('close')
})
