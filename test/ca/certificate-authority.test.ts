import { createPublicKey, ECDH, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { keyThumbprintOf } from '../../src/ca/certificate/key-identity.ts'
import { certificateAuthorityOf } from '../../src/ca/certificate-authority.ts'
import type { CertificateRecord } from '../../src/ca/inventory.ts'
import { createHierarchy, issuerOf } from '../../src/ca/issuers/hierarchy.ts'
import { AuthError } from '../../src/core/errors.ts'
import { parseCertificate } from '../../src/identity/certificate.ts'
import { parseCredential } from '../../src/identity/credential.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { leafProblem } from '../../src/identity/leaf-profile.ts'
import { decodeCertificates } from '../../src/identity/pem.ts'
import { AUTHORITY_PATH, parseServicePath, parseTrustDomain, type ServicePath } from '../../src/identity/service-id.ts'
import { verifyPeer } from '../../src/identity/verified-peer.ts'
import { TEST_PROFILES } from '../../src/testing/test-profiles.ts'
import { createTestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

const trustDomain = parseTrustDomain('shop.internal')
const orders = parseServicePath('orders')
const start = Date.UTC(2027, 0, 1, 12, 0, 0, 345)
let now = start
beforeEach(() => {
  now = start
})
const clock = () => now
const hierarchy = createHierarchy(trustDomain, TEST_PROFILES, start)
const recorded: CertificateRecord[] = []
const inventory = { record: async (record: CertificateRecord) => void recorded.push(record) }
const ca = certificateAuthorityOf(issuerOf(hierarchy), { clock, inventory, profile: TEST_PROFILES.service })
const requestedBy = 'operator:test'
const request = { path: orders, dnsNames: ['localhost'], publicKey: generateKeyPair().publicKey, requestedBy }

test('a service receives a chain that names it, and credentials that pass every check of a peer', async () => {
  const { privateKey, publicKey } = generateKeyPair()
  const issued = await ca.issue({ ...request, publicKey })
  const material = {
    certificateChain: issued.certificateChain,
    privateKey: encodePrivateKey(privateKey),
    bundle: ca.bundle,
  }
  const credential = parseCredential(material, now, 'a test')
  const peer = verifyPeer(leafOf(issued.certificateChain).der, trustDomain)

  expect(issued.serviceId).toBe('spiffe://shop.internal/orders')
  expect(credential).toMatchObject({ serviceId: issued.serviceId, notAfter: issued.notAfter })
  expect(peer).toMatchObject({
    serviceId: issued.serviceId,
    serialNumber: issued.serialNumber,
    dnsNames: ['localhost'],
  })
})

test('the chain is the leaf and the intermediate; the root is in the bundle alone', async () => {
  const { certificateChain } = await ca.issue(request)
  const lengthsOf = (pem: string) =>
    decodeCertificates(pem, 'a test').map((der) => parseCertificate(der).basicConstraints?.pathLength)
  expect(lengthsOf(certificateChain)).toEqual([undefined, 0])
  expect(lengthsOf(ca.bundle)).toEqual([1])
})

test('a certificate is valid from a minute ago, for 24 hours from now', async () => {
  const issued = await ca.issue(request)
  expect(issued.notBefore).toBe(Date.UTC(2027, 0, 1, 11, 59, 0))
  expect(issued.notAfter).toBe(Date.UTC(2027, 0, 2, 12, 0, 0, 999))
})

test('another profile of services gives another validity, and other names', async () => {
  const service = { lifetimeMs: HOUR_MS, backdatingMs: 10_000, dnsNames: [] }
  const other = certificateAuthorityOf(issuerOf(hierarchy), { clock, inventory, profile: service })
  const issued = await other.issue({ ...request, dnsNames: [] })
  expect(issued.notBefore).toBe(Date.UTC(2027, 0, 1, 11, 59, 50))
  expect(issued.notAfter).toBe(Date.UTC(2027, 0, 1, 13, 0, 0, 999))
  const { message } = await refusalOf('REQUEST_INVALID', () => other.issue(request))
  expect(message).toContain('orders may not have the DNS name localhost.')
})

test('a certificate does not outlive the CA', async () => {
  now = start + 365 * DAY_MS - HOUR_MS
  const { certificateChain, notAfter } = await ca.issue(request)
  const intermediate = decodeCertificates(certificateChain, 'the chain').map(parseCertificate)[1]
  expect(notAfter).toBe(intermediate?.notAfter)
  expect(notAfter).toBeLessThan(now + DAY_MS)
})

test('a certificate is not valid before the CA', async () => {
  now = start - 30_000
  const { certificateChain, notBefore } = await ca.issue(request)
  expect(notBefore).toBe(decodeCertificates(certificateChain, 'the chain').map(parseCertificate)[1]?.notBefore)
})

test('a CA that is not valid now issues nothing', async () => {
  for (const time of [start - HOUR_MS, start + 366 * DAY_MS]) {
    now = time
    const { message } = await refusalOf('INTERNAL', () => ca.issue(request))
    expect(message).toContain('its intermediate is valid from 2027-01-01')
  }
})

test('the CA with its clock in the past issues what has expired by now', async () => {
  const testCa = createTestCa()
  const material = testCa.material('orders', { clock: () => Date.now() - 2 * DAY_MS })
  await refusalOf('CERTIFICATE_EXPIRED', () => parseCredential(material, Date.now(), 'a test'))
})

test('no two certificates have the same serial number', async () => {
  const issued = await Promise.all(Array.from({ length: 50 }, () => ca.issue(request)))
  const serialNumbers = issued.map(({ serialNumber }) => serialNumber)
  expect(new Set(serialNumbers).size).toBe(50)
  for (const serialNumber of serialNumbers) expect(serialNumber).toMatch(/^[4-7][0-9a-f]{31}$/)
})

test('the reserved path of the authority is issued to the authority', async () => {
  const { serviceId } = await ca.issue({ ...request, path: AUTHORITY_PATH })
  expect(serviceId).toBe('spiffe://shop.internal/countersign/authority')
})

test('the longest name of a service fits', async () => {
  const path = parseServicePath('a'.repeat(2048 - 'spiffe://shop.internal/'.length))
  expect(leafProblem(leafOf((await ca.issue({ ...request, path })).certificateChain))).toBeUndefined()
})

test('a key is written with its uncompressed point, whatever form it came in', async () => {
  const spki = request.publicKey.export({ type: 'spki', format: 'der' })
  const point = ECDH.convertKey(spki.subarray(-65), 'prime256v1', undefined, undefined, 'compressed') as Buffer
  const header = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex')
  const compressed = createPublicKey({ key: Buffer.concat([header, point]), type: 'spki', format: 'der' })
  const leaf = leafOf((await ca.issue({ ...request, publicKey: compressed })).certificateChain)
  expect(leaf.der.includes(spki)).toBe(true)
})

describe('the record of a certificate', () => {
  test('says all of it, and is made before it', async () => {
    const issued = await ca.issue({ ...request, renews: '4a' })
    expect(recorded.at(-1)).toEqual({
      serialNumber: issued.serialNumber,
      serviceId: issued.serviceId,
      dnsNames: ['localhost'],
      keyThumbprint: keyThumbprintOf(request.publicKey),
      issuerKeyId: hierarchy.intermediate.subjectKeyId,
      notBefore: issued.notBefore,
      notAfter: issued.notAfter,
      requestedBy,
      renews: '4a',
      recordedAt: start,
    })
  })

  test('is waited for: where it fails, nothing is issued', async () => {
    const failing = { record: () => Promise.reject(new AuthError('STORE_UNAVAILABLE', 'The disk is full.')) }
    const other = certificateAuthorityOf(issuerOf(hierarchy), {
      clock,
      inventory: failing,
      profile: TEST_PROFILES.service,
    })
    await refusalOf('STORE_UNAVAILABLE', () => other.issue(request))
  })

  test('is not made for what is refused', async () => {
    const before = recorded.length
    await refusalOf('REQUEST_INVALID', () => ca.issue({ ...request, dnsNames: ['*'] }))
    await refusalOf('REQUEST_INVALID', () =>
      ca.issue({ ...request, publicKey: generateKeyPairSync('ed25519').publicKey }),
    )
    expect(recorded).toHaveLength(before)
  })
})

describe('DNS names', () => {
  test('are deduplicated and keep their order', async () => {
    const { certificateChain } = await ca.issue({ ...request, dnsNames: ['b.internal', 'a.internal', 'b.internal'] })
    expect(leafOf(certificateChain).names.dnsNames).toEqual(['b.internal', 'a.internal'])
  })

  const accepted = ['localhost', 'a', 'orders.shop.internal', '1.a', 'xn--bcher-kva.example', `${'a'.repeat(63)}.b`]
  for (const name of accepted) {
    test(`accept ${name.slice(0, 40)}`, async () => {
      expect(leafOf((await ca.issue({ ...request, dnsNames: [name] })).certificateChain).names.dnsNames).toEqual([name])
    })
  }

  const refused = [
    '',
    ' ',
    '.',
    '*',
    '*.shop.internal',
    'orders.',
    '.orders',
    'a..b',
    'Orders',
    'or ders',
    'orders\n',
    'orders\0',
    'bücher.example',
    'or_ders',
    '-a',
    'a-',
    'a,DNS:b',
    'localhost:8443',
    'https://localhost',
    '127.0.0.1',
    '127.1',
    '0x7f.0.0.0x1',
    'a.1',
    '2130706433',
    '::1',
    '[::1]',
    `${'a'.repeat(64)}.b`,
    `${'a.'.repeat(127)}a`,
  ]
  for (const name of refused) {
    test(`refuse ${JSON.stringify(name.slice(0, 40))}`, async () => {
      await refusalOf('REQUEST_INVALID', () => ca.issue({ ...request, dnsNames: ['localhost', name] }))
    })
  }

  test('are 32 at most', async () => {
    const dnsNames = Array.from({ length: 32 }, (_, index) => `host-${index}`)
    expect(leafOf((await ca.issue({ ...request, dnsNames })).certificateChain).names.dnsNames).toEqual(dnsNames)
    await refusalOf('REQUEST_INVALID', () => ca.issue({ ...request, dnsNames: [...dnsNames, 'host-32'] }))
  })
})

describe('a key is refused', () => {
  const cases: [title: string, publicKey: KeyObject][] = [
    ['on another curve', generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey],
    ['on secp256k1, of the same size', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey],
    ['of RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey],
    ['of Ed25519', generateKeyPairSync('ed25519').publicKey],
    ['when it is the private one', generateKeyPair().privateKey],
  ]
  for (const [title, publicKey] of cases) {
    test(title, async () => {
      await refusalOf('REQUEST_INVALID', () => ca.issue({ ...request, publicKey }))
    })
  }
})

test('a service ID beyond 2048 bytes is refused', async () => {
  const path = 'a'.repeat(2048) as ServicePath
  await refusalOf('REQUEST_INVALID', () => ca.issue({ ...request, path }))
})

function leafOf(certificateChain: string) {
  const [der] = decodeCertificates(certificateChain, 'the chain')
  return parseCertificate(der ?? Buffer.of())
}
