import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createHierarchy } from '../../../src/ca/issuers/hierarchy.ts'
import { parseDer } from '../../../src/core/der.ts'
import { encodeDer } from '../../../src/core/der-encoder.ts'
import { Tag } from '../../../src/core/der-node.ts'
import { readOctetString, readOid, readSequence } from '../../../src/core/der-reader.ts'
import { type Certificate, parseCertificate } from '../../../src/identity/certificate.ts'
import { parseTrustDomain } from '../../../src/identity/service-id.ts'
import { TEST_PROFILES } from '../../../src/testing/test-profiles.ts'
import { Field, intermediate, leafDer, root } from '../../support/leaf.ts'

const leaf = parseCertificate(leafDer())
const authorityName = derOf('86', 'spiffe://shop.internal')
const leafNames = derOf('86', 'spiffe://shop.internal/orders') + derOf('82', 'localhost')

const kinds: [kind: string, certificate: Certificate, days: number, extensions: string[]][] = [
  [
    'root',
    root,
    3650,
    [
      '2.5.29.19 critical 30060101ff020101',
      '2.5.29.15 critical 03020186',
      `2.5.29.17 ${sequenceOf(authorityName)}`,
      `2.5.29.14 0414${keyIdOf(root)}`,
    ],
  ],
  [
    'intermediate',
    intermediate,
    365,
    [
      '2.5.29.19 critical 30060101ff020100',
      '2.5.29.15 critical 03020106',
      `2.5.29.17 ${sequenceOf(authorityName)}`,
      `2.5.29.14 0414${keyIdOf(intermediate)}`,
      `2.5.29.35 30168014${keyIdOf(root)}`,
      `2.5.29.30 critical ${sequenceOf(`a011${sequenceOf(derOf('86', 'shop.internal'))}`)}`,
    ],
  ],
  [
    'leaf',
    leaf,
    1,
    [
      '2.5.29.19 critical 3000',
      '2.5.29.15 critical 03020780',
      `2.5.29.17 critical ${sequenceOf(leafNames)}`,
      `2.5.29.14 0414${keyIdOf(leaf)}`,
      `2.5.29.35 30168014${keyIdOf(intermediate)}`,
      '2.5.29.37 301406082b0601050507030106082b06010505070302',
    ],
  ],
]

for (const [kind, certificate, days, extensions] of kinds) {
  describe(`the ${kind}`, () => {
    test('has the extensions of its profile, octet for octet', () => {
      expect(extensionsOf(certificate)).toEqual(extensions)
    })

    test('is valid for the time of its profile, backdated by a minute', () => {
      expect(certificate.notAfter - 999 - certificate.notBefore).toBe(days * 24 * 60 * 60 * 1000 + 60_000)
    })

    test('is of version 3, with a serial number of 16 octets', () => {
      expect(certificate.version).toBe(3)
      expect(certificate.serialNumber).toMatch(/^[4-7][0-9a-f]{31}$/)
    })

    test('names one signature algorithm twice, without parameters', () => {
      const ecdsaWithSha256 = '300a06082a8648ce3d040302'
      const [tbs, algorithm] = readSequence(parseDer(certificate.der))
      expect(hexOf(algorithm)).toBe(ecdsaWithSha256)
      expect(hexOf(readSequence(tbs)[2])).toBe(ecdsaWithSha256)
    })
  })
}

test('each issuer is named byte for byte as its own subject', () => {
  expect(fieldOf(root, 3)).toBe(fieldOf(root, Field.subject))
  expect(fieldOf(intermediate, 3)).toBe(fieldOf(root, Field.subject))
  expect(fieldOf(leaf, 3)).toBe(fieldOf(intermediate, Field.subject))
})

test('the subject of a CA is not empty, nor that of another CA of the same trust domain', () => {
  const other = createHierarchy(parseTrustDomain('shop.internal'), TEST_PROFILES, Date.UTC(2027, 0, 1))
  const subjects = [root, intermediate, other.root, other.intermediate].map(({ x509 }) => x509.subject)
  expect(new Set(subjects).size).toBe(4)
  for (const subject of subjects) expect(subject).toMatch(/^CN=Countersign (root|intermediate) [0-9a-f]{16}$/)
})

test('a root that lasts beyond 2049 has its end in GeneralizedTime', () => {
  const { root: late } = createHierarchy(parseTrustDomain('shop.internal'), TEST_PROFILES, Date.UTC(2045, 0, 1))
  const [start, end] = readSequence(readSequence(readSequence(parseDer(late.der))[0])[Field.validity])
  expect([start?.tag, end?.tag]).toEqual([Tag.utcTime, Tag.generalizedTime])
  expect(late.notAfter).toBe(Date.UTC(2054, 11, 30) + 999)
})

/** RFC 7093 section 2, method 1, over the 65 octets that end a SubjectPublicKeyInfo on P-256. */
function keyIdOf({ publicKey }: Certificate): string {
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)
  return createHash('sha256').update(point).digest('hex').slice(0, 40)
}

function extensionsOf({ der }: Certificate): string[] {
  const extensions = readSequence(readSequence(readSequence(parseDer(der))[0])[Field.extensions]?.children?.[0])
  return extensions.map((extension) => {
    const [id, ...rest] = readSequence(extension)
    const content = readOctetString(rest.at(-1)).toString('hex')
    return `${readOid(id)} ${rest.length === 2 ? 'critical ' : ''}${content}`
  })
}

function fieldOf({ der }: Certificate, position: number): string {
  return hexOf(readSequence(readSequence(parseDer(der))[0])[position])
}

function hexOf(node: ReturnType<typeof parseDer> | undefined): string {
  return node === undefined ? '' : encodeDer(node).toString('hex')
}

function derOf(tag: string, text: string): string {
  return tag + Buffer.of(text.length).toString('hex') + Buffer.from(text).toString('hex')
}

function sequenceOf(content: string): string {
  return `30${Buffer.of(content.length / 2).toString('hex')}${content}`
}
