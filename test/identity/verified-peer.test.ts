import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { verifyPeer } from '../../src/identity/verified-peer.ts'
import { intermediate, leafDer, root, validTemplate } from '../support/leaf.ts'
import { refusalOf } from '../support/refusal.ts'

const trustDomain = parseTrustDomain('shop.internal')
const valid = leafDer()

describe('a verified peer', () => {
  test('is the service that its certificate names', () => {
    expect(verifyPeer(valid, trustDomain)).toEqual({
      serviceId: 'spiffe://shop.internal/orders',
      thumbprint: createHash('sha256').update(valid).digest('base64url'),
      serialNumber: validTemplate.serialNumber,
      issuerKeyId: intermediate.subjectKeyId,
      dnsNames: ['localhost'],
      notBefore: validTemplate.notBefore,
      notAfter: validTemplate.notAfter + 999,
    })
  })

  test('has another thumbprint with each certificate', () => {
    const another = leafDer({ template: { serialNumber: '01' } })
    expect(verifyPeer(another, trustDomain).thumbprint).not.toBe(verifyPeer(valid, trustDomain).thumbprint)
  })

  test('is verified whatever the time: the handshake has checked its dates', () => {
    const expired = leafDer({ template: { notBefore: Date.UTC(2001, 0, 1), notAfter: Date.UTC(2001, 0, 2) } })
    expect(verifyPeer(expired, trustDomain).notAfter).toBe(Date.UTC(2001, 0, 2) + 999)
  })
})

describe('a peer is refused', () => {
  test('from every other trust domain', async () => {
    const others = ['shop.internal.evil', 'evil-shop.internal', 'shop.interna', 'internal', 'shop']
    for (const other of others) {
      const refusal = await refusalOf('TRANSPORT_NOT_AUTHENTICATED', () => verifyPeer(valid, parseTrustDomain(other)))
      expect(refusal.message).toContain(`instead of ${other}`)
    }
    const foreign = leafDer({ template: { uris: ['spiffe://shop.internal.evil/orders'] } })
    await refusalOf('TRANSPORT_NOT_AUTHENTICATED', () => verifyPeer(foreign, trustDomain))
  })

  test('with a CA certificate of its own trust domain', async () => {
    for (const { der } of [root, intermediate]) {
      await refusalOf('TRANSPORT_NOT_AUTHENTICATED', () => verifyPeer(der, trustDomain))
    }
  })

  test('with a name that is not exactly one service ID', async () => {
    const names = [
      [],
      ['spiffe://shop.internal'],
      ['spiffe://shop.internal/'],
      ['spiffe://shop.internal/a/../orders'],
      ['spiffe://shop.internal/%6frders'],
      ['SPIFFE://shop.internal/orders'],
      ['https://shop.internal/orders'],
      ['spiffe://shop.internal/orders', 'spiffe://shop.internal/orders'],
      ['spiffe://shop.internal/orders', 'https://shop.internal'],
      ['spiffe://shop.internal/a,URI:spiffe://shop.internal/orders'],
    ]
    for (const uris of names) {
      await refusalOf('TRANSPORT_NOT_AUTHENTICATED', () => verifyPeer(leafDer({ template: { uris } }), trustDomain))
    }
  })

  test('with what is not a certificate', async () => {
    const others = [
      Buffer.alloc(0),
      Buffer.from('3000', 'hex'),
      Buffer.from('not a certificate'),
      Buffer.concat([valid, Buffer.of(0)]),
      valid.subarray(0, -1),
      valid.subarray(1),
      Buffer.alloc(100_000, 0x30),
    ]
    for (const der of others) await refusalOf('TRANSPORT_NOT_AUTHENTICATED', () => verifyPeer(der, trustDomain))
  })

  test('or verified, and nothing else is thrown, whatever is done to the bytes', () => {
    const change = fc.record({ position: fc.nat(valid.length - 1), byte: fc.nat(255), cut: fc.nat(3) })
    fc.assert(
      fc.property(change, ({ position, byte, cut }) => {
        const bytes = Buffer.from(valid.subarray(0, cut === 0 ? position : valid.length))
        if (position < bytes.length) bytes[position] = byte
        expect(outcomeOf(bytes)).toMatch(/^(spiffe:\/\/shop\.internal\/.+|TRANSPORT_NOT_AUTHENTICATED)$/)
      }),
      { numRuns: 1000 },
    )
  })
})

function outcomeOf(der: Buffer): string {
  try {
    return verifyPeer(der, trustDomain).serviceId
  } catch (error) {
    return error instanceof AuthError ? error.code : String(error)
  }
}
