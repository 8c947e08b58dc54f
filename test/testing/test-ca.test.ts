import { describe, expect, test } from 'vitest'
import { parseCertificate } from '../../src/identity/certificate.ts'
import { type Credential, parseCredential } from '../../src/identity/credential.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { leafProblem } from '../../src/identity/leaf-profile.ts'
import { decodeCertificates } from '../../src/identity/pem.ts'
import { type CertificateOptions, createTestCa } from '../../src/testing/test-ca.ts'
import { createTestClock } from '../../src/testing/test-clock.ts'
import { refusalOf } from '../support/refusal.ts'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

const clock = createTestClock()
const ca = createTestCa({ clock })

const materialOf = ({ certificateChain, privateKey, bundle }: Credential) => ({
  certificateChain,
  privateKey: encodePrivateKey(privateKey),
  bundle,
})
const leafOf = ({ certificateChain }: Credential) => {
  const [der = Buffer.of()] = decodeCertificates(certificateChain, 'the chain')
  return parseCertificate(der)
}

describe('a credential of a test CA', () => {
  test('is what a file of it would be parsed to', () => {
    for (const options of [{}, { dnsNames: [] }, { dnsNames: ['orders.shop.internal', 'localhost'] }]) {
      const credential = ca.credential('billing/invoices', options)
      const { privateKey, ...parsed } = parseCredential(materialOf(credential), clock(), 'a test')
      expect(credential).toEqual({ ...parsed, privateKey: expect.anything() })
      expect(credential.privateKey.equals(privateKey)).toBe(true)
      expect(leafOf(credential).names.dnsNames).toEqual(options.dnsNames ?? ['localhost'])
    }
  })

  test('is valid from a minute ago for 24 hours', () => {
    const { notBefore, notAfter } = ca.credential('orders')
    expect(Math.abs(notBefore - (clock() - 60_000))).toBeLessThan(1000)
    expect(Math.abs(notAfter - (clock() + DAY_MS))).toBeLessThan(1000)
  })

  test('is valid at the time of a clock that was moved ahead, and at the machine’s', () => {
    const later = createTestClock(Date.now() + 100 * DAY_MS)
    const { notBefore, notAfter } = createTestCa({ clock: later }).credential('orders')
    expect(notBefore).toBeLessThanOrEqual(Date.now())
    expect(Math.abs(notAfter - (later() + DAY_MS))).toBeLessThan(1000)
  })

  test('is irregular where it is told to be, in nothing else, and is not checked', () => {
    const irregular: readonly (readonly [options: CertificateOptions, problem: string])[] = [
      [{ uris: [] }, '0 URI names instead of one'],
      [{ uris: ['spiffe://shop.internal/a', 'spiffe://shop.internal/b'] }, '2 URI names instead of one'],
      [{ uris: ['https://shop.internal/orders'] }, 'the URI name is not the SPIFFE ID of a service'],
      [{ isCa: true }, 'it is the certificate of a CA'],
      [{ extendedKeyUsage: ['serverAuth'] }, 'extended key usage lacks clientAuth'],
      [{ extendedKeyUsage: ['clientAuth'] }, 'extended key usage lacks serverAuth'],
      [{ extendedKeyUsage: [] }, 'no extended key usage'],
    ]
    for (const [options, problem] of irregular) {
      expect(leafProblem(leafOf(ca.credential('orders', options))), problem).toBe(problem)
    }
    const regular: readonly CertificateOptions[] = [
      {},
      { isCa: false },
      { uris: ['spiffe://elsewhere.internal/orders'] },
      { extendedKeyUsage: ['serverAuth', 'clientAuth'] },
    ]
    for (const options of regular) expect(leafProblem(leafOf(ca.credential('orders', options)))).toBeUndefined()
  })

  test('has the dates that it is given, and a life of 24 hours before an end that is near', async () => {
    const wholeSecond = Math.floor(clock() / 1000) * 1000
    const expired = ca.credential('orders', { notAfter: wholeSecond - HOUR_MS })
    expect(expired.notAfter).toBe(wholeSecond - HOUR_MS + 999)
    expect(expired.notBefore).toBe(wholeSecond - HOUR_MS - DAY_MS - 60_000)
    await refusalOf('CERTIFICATE_EXPIRED', () => parseCredential(materialOf(expired), clock(), 'a test'))

    const notYet = ca.credential('orders', { notBefore: wholeSecond + HOUR_MS })
    expect(notYet.notBefore).toBe(wholeSecond + HOUR_MS)
    expect(notYet.notAfter).toBeGreaterThan(notYet.notBefore)
  })

  test('trusts the roots of its CA, or those that it is given', () => {
    const other = createTestCa()
    expect(ca.credential('orders').bundle).toBe(ca.bundle)
    expect(other.credential('orders', { bundle: ca.bundle }).bundle).toBe(ca.bundle)
    expect(other.bundle).not.toBe(ca.bundle)
  })

  test('is of a service by its path, in a trust domain by its name', async () => {
    expect(createTestCa({ trustDomain: 'elsewhere.internal' }).credential('orders')).toMatchObject({
      serviceId: 'spiffe://elsewhere.internal/orders',
      trustDomain: 'elsewhere.internal',
    })
    expect(ca.credential('countersign/authority').serviceId).toBe('spiffe://shop.internal/countersign/authority')
    for (const service of ['', '/orders', 'spiffe://shop.internal/orders']) {
      await refusalOf('REQUEST_INVALID', () => ca.credential(service))
    }
    await refusalOf('REQUEST_INVALID', () => createTestCa({ trustDomain: 'Shop' }))
  })
})
