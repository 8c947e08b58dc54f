import { expect, test } from 'vitest'
import { shakeHands } from '../../../scripts/demo/ca/handshake.ts'
import { createCrl } from '../../../src/ca/crl/create-crl.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { createTestCa } from '../../../src/testing/test-ca.ts'
import { memoryCrlRegister } from '../../support/crl.ts'

const ca = createTestCa()
const other = createTestCa()
const { root, rootKey, intermediate, intermediateKey } = ca.hierarchy
const orders = ca.credential('orders')
const inventory = ca.credential('inventory')

test('two services of one CA accept each other, each by the ID and the chain of the other', async () => {
  const issuers = [intermediate.subjectKeyId, root.subjectKeyId]
  // Node 24 shows a server no more of the client's chain than its leaf.
  const shown = process.versions.node.startsWith('24.') ? [] : issuers
  expect(await shakeHands(orders, inventory)).toEqual({
    outcome: 'accepted',
    protocol: 'TLSv1.3',
    client: { serviceId: 'spiffe://shop.internal/orders', issuers: shown },
    server: { serviceId: 'spiffe://shop.internal/inventory', issuers },
  })
})

test('a handshake tells which side refuses the other, and why', async () => {
  const stranger = other.credential('orders')
  const reason = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
  expect(await shakeHands(stranger, inventory)).toEqual({ outcome: 'refused', by: 'client', reason })
  const { bundle } = inventory
  expect(await shakeHands({ ...stranger, bundle }, inventory)).toEqual({ outcome: 'refused', by: 'server', reason })
})

test('a client refuses a server that has not the host name', async () => {
  const elsewhere = ca.credential('inventory', { dnsNames: ['inventory.internal'] })
  expect(await shakeHands(orders, elsewhere)).toMatchObject({ outcome: 'refused', by: 'client' })
})

test('a server with CRLs refuses whom they name, and whoever has none of his issuer', async () => {
  const now = systemClock()
  const options = { now, validity: { lifetimeMs: 3_600_000, backdatingMs: 60_000 } }
  const revoked = { serialNumber: intermediate.serialNumber, reason: 'cACompromise', revokedAt: now } as const
  const [leafCrl, rootCrl, revokingCrl] = await Promise.all([
    createCrl(intermediate, intermediateKey, memoryCrlRegister(), options),
    createCrl(root, rootKey, memoryCrlRegister(), options),
    createCrl(root, rootKey, memoryCrlRegister(), { ...options, extraEntries: async () => [revoked] }),
  ])
  expect(await shakeHands(orders, inventory, [leafCrl.pem, rootCrl.pem])).toMatchObject({ outcome: 'accepted' })
  expect(await shakeHands(orders, inventory, [leafCrl.pem, revokingCrl.pem])).toMatchObject({
    by: 'server',
    reason: 'CERT_REVOKED',
  })
  expect(await shakeHands(orders, inventory, [rootCrl.pem])).toMatchObject({
    by: 'server',
    reason: 'UNABLE_TO_GET_CRL',
  })
})
