import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import { parseDer } from '../../src/core/der.ts'
import { bitString, contextPrimitive, octetString, oid, sequence, set, utf8String } from '../../src/core/der-writer.ts'
import { GeneralName, Oid, parseCertificate } from '../../src/identity/certificate.ts'
import { leafProblem } from '../../src/identity/leaf-profile.ts'
import { Field, intermediate, type LeafVariation, leafDer, root } from '../support/leaf.ts'

const orders = 'spiffe://shop.internal/orders'
const commonName = sequence(set(sequence(oid('2.5.4.3'), utf8String('orders'))))
const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
const crlDistribution = '2.5.29.31'

const digitalSignature = bitString(Buffer.of(0x80), 7)

describe('a leaf of a service', () => {
  const cases: [title: string, variation: LeafVariation][] = [
    ['as it is issued', {}],
    ['without a DNS name', { template: { dnsNames: [] } }],
    ['with a subject', { template: { subject: commonName } }],
    ['with an extension that is unknown and not critical', { extensions: { [crlDistribution]: unknown(false) } }],
    ['with further purposes', { template: { extendedKeyUsage: [Oid.clientAuth, '1.2.3', Oid.serverAuth] } }],
    ['with a serial number of 20 octets', { template: { serialNumber: '7f'.repeat(20) } }],
    ['with a serial number of one octet', { template: { serialNumber: '01' } }],
  ]
  for (const [title, variation] of cases) {
    test(`is accepted ${title}`, () => {
      expect(problemOf(variation)).toBeUndefined()
    })
  }
})

describe('a certificate that is not one of a service', () => {
  const cases: [title: string, variation: LeafVariation, problem: string][] = [
    ['version 1', { fields: { [Field.version]: undefined, [Field.extensions]: undefined } }, 'version 1 instead of 3'],
    ['serial number zero', { template: { serialNumber: '00' } }, 'the serial number is not positive'],
    ['a negative serial number', { template: { serialNumber: '80aa' } }, 'the serial number is not positive'],
    ['a serial number of 21 octets', { template: { serialNumber: '40'.repeat(21) } }, 'exceeds 20 octets'],
    ['a key on P-384', withKey(p384.export({ type: 'spki', format: 'der' })), 'the key is not on P-256'],
    ['an RSA key', withKey(rsa.export({ type: 'spki', format: 'der' })), 'the key is not on P-256'],
    ['no basic constraints', { extensions: { [Oid.basicConstraints]: undefined } }, 'no basic constraints'],
    ['CA:TRUE', { template: { basicConstraints: { isCa: true, pathLength: undefined } } }, 'the certificate of a CA'],
    ['no key usage', { extensions: { [Oid.keyUsage]: undefined } }, 'no key usage'],
    [
      'key usage that is not critical',
      { extensions: { [Oid.keyUsage]: extension(Oid.keyUsage, digitalSignature, { critical: false }) } },
      'key usage is not critical',
    ],
    [
      'key agreement only',
      { extensions: { [Oid.keyUsage]: extension(Oid.keyUsage, bitString(Buffer.of(0x08), 3), { critical: true }) } },
      'may not make digital signatures',
    ],
    ['keyCertSign', { template: { keyUsage: ['digitalSignature', 'keyCertSign'] } }, 'may sign certificates'],
    ['cRLSign', { template: { keyUsage: ['digitalSignature', 'cRLSign'] } }, 'may sign certificates or CRLs'],
    ['no extended key usage', { template: { extendedKeyUsage: [] } }, 'no extended key usage'],
    ['no serverAuth', { template: { extendedKeyUsage: [Oid.clientAuth] } }, 'lacks serverAuth'],
    ['no clientAuth', { template: { extendedKeyUsage: [Oid.serverAuth] } }, 'lacks clientAuth'],
    ['anyExtendedKeyUsage', { template: { extendedKeyUsage: ['2.5.29.37.0'] } }, 'lacks serverAuth'],
    ['name constraints', { template: { permittedUris: ['shop.internal'] } }, 'name constraints outside a CA'],
    ['no URI name', { template: { uris: [] } }, '0 URI names instead of one'],
    ['two URI names', { template: { uris: [orders, 'spiffe://shop.internal/billing'] } }, '2 URI names'],
    ['one URI name twice', { template: { uris: [orders, orders] } }, '2 URI names'],
    [
      'an empty subject beside names that are not critical',
      {
        extensions: {
          [Oid.subjectAltName]: extension(Oid.subjectAltName, sequence(uriName(orders)), { critical: false }),
        },
      },
      'the subject is empty',
    ],
    [
      'an unknown critical extension',
      { extensions: { [crlDistribution]: unknown(true) } },
      'critical extension 2.5.29.31 is unknown',
    ],
  ]
  for (const [title, variation, problem] of cases) {
    test(`is refused with ${title}`, () => {
      expect(problemOf(variation)).toContain(problem)
    })
  }

  const uris = [
    'spiffe://shop.internal',
    'spiffe://shop.internal/',
    'spiffe://shop.internal/orders/',
    'spiffe://shop.internal//orders',
    'spiffe://shop.internal/../orders',
    'spiffe://shop.internal/%6frders',
    'spiffe://shop.internal/orders?admin',
    'spiffe://shop.internal/orders#admin',
    'spiffe://shop.internal:443/orders',
    'spiffe://admin@shop.internal/orders',
    'SPIFFE://shop.internal/orders',
    'spiffe://Shop.internal/orders',
    'https://shop.internal/orders',
    `spiffe://shop.internal/${'a'.repeat(2048)}`,
  ]
  for (const uri of uris) {
    test(`is refused with the name ${uri.slice(0, 50)}`, () => {
      expect(problemOf({ template: { uris: [uri] } })).toBe('the URI name is not the SPIFFE ID of a service')
    })
  }

  test('is refused where it is the CA itself', () => {
    expect(leafProblem(root)).toBe('it is the certificate of a CA')
    expect(leafProblem(intermediate)).toBe('it is the certificate of a CA')
  })
})

function problemOf(variation: LeafVariation): string | undefined {
  return leafProblem(parseCertificate(leafDer(variation)))
}

function withKey(spki: Buffer): LeafVariation {
  return { fields: { [Field.publicKey]: parseDer(spki) } }
}

function unknown(critical: boolean) {
  return extension(crlDistribution, octetString(Buffer.of()), { critical })
}

function uriName(uri: string) {
  return contextPrimitive(GeneralName.uri, Buffer.from(uri))
}
