import { describe, expect, test } from 'vitest'
import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import { parseDer } from '../../src/core/der.ts'
import { DerError, type DerNode } from '../../src/core/der-node.ts'
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  integer,
  integerFromBytes,
  octetString,
  oid,
  sequence,
  smallInteger,
  utf8String,
} from '../../src/core/der-writer.ts'
import {
  type Certificate,
  GeneralName,
  type NameConstraints,
  Oid,
  parseCertificate,
} from '../../src/identity/certificate.ts'
import { encodeCertificate } from '../../src/identity/pem.ts'
import { Field, intermediate, leafDer, root, validTemplate } from '../support/leaf.ts'

test('a leaf is read in all its parts', () => {
  const certificate = parseCertificate(leafDer())
  expect(certificate).toMatchObject({
    version: 3,
    serialNumber: validTemplate.serialNumber,
    notBefore: validTemplate.notBefore,
    notAfter: validTemplate.notAfter + 999,
    isSubjectEmpty: true,
    basicConstraints: { isCa: false, pathLength: undefined },
    keyUsage: new Set(['digitalSignature']),
    extendedKeyUsage: [Oid.serverAuth, Oid.clientAuth],
    names: { uris: ['spiffe://shop.internal/orders'], dnsNames: ['localhost'], otherCount: 0 },
    subjectKeyId: validTemplate.subjectKeyId,
    authorityKeyId: intermediate.subjectKeyId,
  })
  expect(certificate.publicKey.equals(validTemplate.publicKey)).toBe(true)
  expect(certificate.extensions.get(Oid.subjectAltName)).toEqual({ critical: true })
  expect(certificate.extensions.get(Oid.extendedKeyUsage)).toEqual({ critical: false })
})

test('the certificate of a CA is read with its path length and without what it lacks', () => {
  expect(root).toMatchObject({
    isSubjectEmpty: false,
    basicConstraints: { isCa: true, pathLength: 1 },
    keyUsage: new Set(['digitalSignature', 'keyCertSign', 'cRLSign']),
    extendedKeyUsage: undefined,
    nameConstraints: undefined,
    authorityKeyId: undefined,
  })
})

test('a path length beyond one octet is read whole', () => {
  for (const length of [0, 127, 128, 256, 32_767]) {
    const constraints = sequence(boolean(true), integer(BigInt(length)))
    const { basicConstraints } = parseCertificate(withExtension(Oid.basicConstraints, constraints))
    expect(basicConstraints).toEqual({ isCa: true, pathLength: length })
  }
})

test('a certificate of version 1 has no extensions', () => {
  const certificate = parseCertificate(
    leafDer({ fields: { [Field.version]: undefined, [Field.extensions]: undefined } }),
  )
  expect(certificate).toMatchObject({ version: 1, keyUsage: undefined, names: { uris: [], dnsNames: [] } })
  expect(certificate.extensions.size).toBe(0)
})

test('key usages beyond the first octet are read', () => {
  const keyUsage = extension(Oid.keyUsage, bitString(Buffer.of(0x88, 0x80), 7), { critical: true })
  const { keyUsage: usages } = parseCertificate(leafDer({ extensions: { [Oid.keyUsage]: keyUsage } }))
  expect(usages).toEqual(new Set(['digitalSignature', 'keyAgreement', 'decipherOnly']))
})

test('a comma in a name does not make two of it', () => {
  const { names } = parseCertificate(leafDer({ extensions: named(dns('a,DNS:b'), uri('spiffe://a,URI:spiffe://b')) }))
  expect(names).toEqual({ uris: ['spiffe://a,URI:spiffe://b'], dnsNames: ['a,DNS:b'], otherCount: 0 })
})

test('names of other kinds are counted', () => {
  const mail = contextPrimitive(1, Buffer.from('a@b.c'))
  const address = contextPrimitive(7, Buffer.of(127, 0, 0, 1))
  const { names } = parseCertificate(leafDer({ extensions: named(dns('localhost'), mail, address) }))
  expect(names).toEqual({ uris: [], dnsNames: ['localhost'], otherCount: 2 })
})

test('name constraints are read, and those on other names than URIs are counted', () => {
  const host = uri('shop.internal')
  const cases: [constraints: DerNode, read: Partial<NameConstraints>][] = [
    [sequence(subtrees(0, host)), { permittedUris: ['shop.internal'] }],
    [sequence(subtrees(0, host, uri('.a'))), { permittedUris: ['shop.internal', '.a'] }],
    [sequence(subtrees(1, host)), { excludedUris: ['shop.internal'] }],
    [sequence(subtrees(0, uri('a.b')), subtrees(1, host)), { permittedUris: ['a.b'], excludedUris: ['shop.internal'] }],
    [
      sequence(subtrees(0, dns('a.b'), host), subtrees(1, dns('c'))),
      { permittedUris: ['shop.internal'], otherCount: 2 },
    ],
  ]
  for (const [constraints, read] of cases) {
    const { nameConstraints } = parseCertificate(withExtension(Oid.nameConstraints, constraints))
    expect(nameConstraints).toEqual({ permittedUris: [], excludedUris: [], otherCount: 0, ...read })
  }
  expect(intermediate.nameConstraints?.permittedUris).toEqual(['shop.internal'])
})

describe('a certificate is refused', () => {
  const host = uri('shop.internal')
  const keyUsage = extension(Oid.keyUsage, bitString(Buffer.of(0x80), 7), { critical: true })
  const cases: [title: string, der: () => Uint8Array][] = [
    ['when it is empty', () => Buffer.alloc(0)],
    ['when it is text', () => Buffer.from(encodeCertificate(leafDer()))],
    ['when a byte trails', () => Buffer.concat([leafDer(), Buffer.of(0)])],
    ['when a certificate trails', () => Buffer.concat([leafDer(), leafDer()])],
    ['when its end is missing', () => leafDer().subarray(0, -1)],
    ['when an extension stands twice', () => withExtensions(keyUsage, keyUsage)],
    ['when its list of extensions is empty', () => withExtensions()],
    ['when it has no names where names are announced', () => leafDer({ extensions: named() })],
    ['when it has no purposes where purposes are announced', () => withExtension(Oid.extendedKeyUsage, sequence())],
    ['when a name is not ASCII', () => leafDer({ extensions: named(dns('örders')) })],
    ['when a name has a space', () => leafDer({ extensions: named(dns('a b')) })],
    ['when a name has a zero octet', () => leafDer({ extensions: named(dns('a\0b')) })],
    ['when a name is empty', () => leafDer({ extensions: named(uri('')) })],
    ['when a name is constructed', () => leafDer({ extensions: named(contextConstructed(GeneralName.uri)) })],
    ['when key usage is not a bit string', () => withExtension(Oid.keyUsage, octetString(Buffer.of(0x80)))],
    ['when key usage has stray bits', () => withExtension(Oid.keyUsage, bitString(Buffer.of(0x81), 7))],
    ['when basic constraints are not a sequence', () => withExtension(Oid.basicConstraints, boolean(true))],
    ['when isCA is an integer', () => withExtension(Oid.basicConstraints, sequence(smallInteger(1)))],
    ['when its path length is negative', () => withPathLength(integerFromBytes(Buffer.of(0xff)))],
    ['when its path length has three octets', () => withPathLength(integer(32_768n))],
    ['when its path length is text', () => withPathLength(utf8String('1'))],
    ['when a purpose is not an identifier', () => withExtension(Oid.extendedKeyUsage, sequence(utf8String('all')))],
    ['when its name constraints are empty', () => withExtension(Oid.nameConstraints, sequence())],
    ['when it permits no names', () => withExtension(Oid.nameConstraints, sequence(subtrees(0)))],
    ['when it permits names twice', () => constrained(subtrees(0, host), subtrees(0, host))],
    ['when it excludes names first', () => constrained(subtrees(1, host), subtrees(0, host))],
    ['when it constrains names in a third way', () => constrained(subtrees(2, host))],
    ['when it constrains names without a way', () => constrained(sequence(sequence(host)))],
    ['when a permitted name is none', () => constrained(contextConstructed(0, sequence()))],
    ['when a permitted name is empty', () => constrained(subtrees(0, uri('')))],
    ['when a permitted name is constructed', () => constrained(subtrees(0, contextConstructed(GeneralName.uri)))],
    [
      'when a permitted name has bounds',
      () => constrained(contextConstructed(0, sequence(host, contextPrimitive(1, Buffer.of(1))))),
    ],
    [
      'when critical is not a boolean',
      () => withExtensions(sequence(oid(Oid.keyUsage), smallInteger(1), octetString(Buffer.of()))),
    ],
    ['when a date is no date', () => leafDer({ fields: { [Field.validity]: datesOf('991399999999Z') } })],
    ['when a date has a fraction', () => leafDer({ fields: { [Field.validity]: datesOf('270101000000.5Z') } })],
  ]
  for (const [title, der] of cases) {
    test(title, () => {
      expect(() => parseCertificate(der())).toThrow(DerError)
    })
  }
})

test('whichever octet of a certificate is changed, it is read or refused with a DerError, and its dates are dates', () => {
  const original = leafDer()
  for (const [position, octet] of original.entries()) {
    for (const changed of [octet ^ 0x01, octet ^ 0x80, 0x00, 0xff]) {
      const certificate = readOrRefused(Buffer.from(original).fill(changed, position, position + 1))
      expect(certificate?.notBefore).not.toBeNaN()
      expect(certificate?.notAfter).not.toBeNaN()
    }
  }
})

const dns = (name: string) => contextPrimitive(GeneralName.dns, Buffer.from(name, 'latin1'))
const uri = (name: string) => contextPrimitive(GeneralName.uri, Buffer.from(name, 'latin1'))

function named(...names: DerNode[]) {
  return { [Oid.subjectAltName]: extension(Oid.subjectAltName, sequence(...names), { critical: true }) }
}

function subtrees(tag: number, ...names: DerNode[]): DerNode {
  return contextConstructed(tag, ...names.map((name) => sequence(name)))
}

function constrained(...fields: DerNode[]): Buffer {
  return withExtension(Oid.nameConstraints, sequence(...fields))
}

function withExtension(id: string, value: DerNode): Buffer {
  return leafDer({ extensions: { [id]: extension(id, value, { critical: true }) } })
}

function withPathLength(length: DerNode): Buffer {
  return withExtension(Oid.basicConstraints, sequence(boolean(true), length))
}

function withExtensions(...extensions: DerNode[]): Buffer {
  return leafDer({ fields: { [Field.extensions]: contextConstructed(3, sequence(...extensions)) } })
}

function datesOf(text: string): DerNode {
  const date = parseDer(Buffer.concat([Buffer.of(0x17, text.length), Buffer.from(text)]))
  return sequence(date, date)
}

function readOrRefused(der: Buffer): Certificate | undefined {
  try {
    return parseCertificate(der)
  } catch (error) {
    expect(error).toBeInstanceOf(DerError)
    return undefined
  }
}
