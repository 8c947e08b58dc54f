import { sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { monotonicClock } from '../../src/core/clock.ts'
import { parseDer } from '../../src/core/der.ts'
import { encodeDer, encodeSequence } from '../../src/core/der-encoder.ts'
import { derExtentOf, firstValueOf } from '../../src/core/der-extent.ts'
import { type DerNode, Tag } from '../../src/core/der-node.ts'
import { readSequence } from '../../src/core/der-reader.ts'
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
  sequenceOf,
  set,
  smallInteger,
  utf8String,
} from '../../src/core/der-writer.ts'
import { AuthError } from '../../src/core/errors.ts'
import { verifyCertificateRequest } from '../../src/identity/certificate-request.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { encodePem } from '../../src/identity/pem.ts'
import { pointOf, subjectPublicKeyInfo } from '../../src/identity/public-key.ts'
import { SIGNATURE_ALGORITHM } from '../../src/identity/signed-value.ts'
import {
  attributes,
  RequestField,
  type RequestVariation,
  requestDer,
  requester,
} from '../support/certificate-request.ts'
import { leafDer } from '../support/leaf.ts'
import { nestedDer } from '../support/nested-der.ts'
import { refusalOf } from '../support/refusal.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const raw = (tag: number, content: Buffer): DerNode => ({ tagClass: 'universal', tag, bytes: content })
const NULL = raw(Tag.null, Buffer.alloc(0))
const field = (position: number, node: DerNode | undefined): RequestVariation => ({ fields: { [position]: node } })
const key = (node: DerNode | undefined) => field(RequestField.publicKey, node)
const attribute = (...nodes: DerNode[]) => field(RequestField.attributes, attributes(...nodes))

const EC = oid('1.2.840.10045.2.1')
const P256 = oid('1.2.840.10045.3.1.7')
const ECDSA_WITH_SHA256 = oid('1.2.840.10045.4.3.2')
const COMMON_NAME = oid('2.5.4.3')
const CHALLENGE = oid('1.2.840.113549.1.9.7')
const EXTENSION_REQUEST = bytes('2a 86 48 86 f7 0d 01 09 0e')

/** An identifier whose last arc is greater by 2^32, which a reader of 32 bits takes for the original. */
function aliasOf(identifier: Buffer): DerNode {
  return raw(Tag.oid, Buffer.concat([identifier.subarray(0, -1), bytes('90 80 80 80'), identifier.subarray(-1)]))
}

const aliasOfOid = ({ bytes: content = Buffer.alloc(0) }: DerNode) => aliasOf(content)

const point = pointOf(requester.publicKey)
const [x, y] = [point.subarray(1, 33), point.subarray(33)]
const ecKey = (content: Buffer, unusedBits = 0) => key(sequence(sequence(EC, P256), bitString(content, unusedBits)))
/** The prime of P-256's field (NIST SP 800-186 section 3.2.1.3), and the number of its points. */
const P = bytes('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff')
const N = 0xffffffff_00000000_ffffffff_ffffffff_bce6faad_a7179e84_f3b9cac2_fc632551n

function rsaKey(modulus: bigint, exponent: bigint, algorithm = '1.2.840.113549.1.1.1'): RequestVariation {
  const content = encodeDer(sequence(integer(modulus), integer(exponent)))
  return key(sequence(sequence(oid(algorithm), NULL), bitString(content)))
}

const RSA_2048 = (1n << 2047n) + 1n
const RSA_16384 = (1n << 16383n) + 1n

const KEYS: readonly (readonly [title: string, variation: RequestVariation])[] = [
  ['of RSA with 16384 bits', rsaKey(RSA_16384, 65537n)],
  ['of RSA with 16384 bits and an exponent as long', rsaKey(RSA_16384, RSA_16384 - 2n)],
  ['of RSA with exponent 0', rsaKey(RSA_2048, 0n)],
  ['of RSA with exponent 1', rsaKey(RSA_2048, 1n)],
  ['of RSA with exponent 2^64', rsaKey(RSA_2048, 1n << 64n)],
  ['of RSA with modulus 0', rsaKey(0n, 65537n)],
  ['of RSA for PSS', rsaKey(RSA_2048, 65537n, '1.2.840.113549.1.1.10')],
  ['of RSA that calls itself one of an elliptic curve', rsaKey(RSA_2048, 65537n, '1.2.840.10045.2.1')],
  ['of DSA', rsaKey(RSA_2048, 0n, '1.2.840.10040.4.1')],
  ['of Ed25519', key(sequence(sequence(oid('1.3.101.112')), bitString(x)))],
  ['on P-384', key(sequence(sequence(EC, oid('1.3.132.0.34')), bitString(point)))],
  ['on secp256k1', key(sequence(sequence(EC, oid('1.3.132.0.10')), bitString(point)))],
  ['on a curve that is written out', key(sequence(sequence(EC, explicitP256()), bitString(point)))],
  ['on a curve that is inherited', key(sequence(sequence(EC, NULL), bitString(point)))],
  ['on no curve', key(sequence(sequence(EC), bitString(point)))],
  ['on two curves', key(sequence(sequence(EC, P256, P256), bitString(point)))],
  ['of an alias of the algorithm', key(sequence(sequence(aliasOfOid(EC), P256), bitString(point)))],
  ['on an alias of the curve', key(sequence(sequence(EC, aliasOfOid(P256)), bitString(point)))],
  ['with two points', key(sequence(sequence(EC, P256), bitString(point), bitString(point)))],
  ['without a point', key(sequence(sequence(EC, P256)))],
  ['with a point that is empty', ecKey(Buffer.alloc(0))],
  ['with the point at infinity', ecKey(Buffer.of(0))],
  ['with a point of zeros', ecKey(Buffer.concat([Buffer.of(4), Buffer.alloc(64)]))],
  ['with a point that is not on the curve', ecKey(Buffer.concat([Buffer.of(4), x, x]))],
  ['with a coordinate beyond the field', ecKey(Buffer.concat([Buffer.of(4), P, y]))],
  ['with a compressed point', ecKey(Buffer.concat([Buffer.of(2 + ((y[31] ?? 0) & 1)), x]))],
  ['with a point in hybrid form', ecKey(Buffer.concat([Buffer.of(6 + ((y[31] ?? 0) & 1)), x, y]))],
  ['with a point that is cut off', ecKey(point.subarray(0, -1))],
  ['with a point that is too long', ecKey(Buffer.concat([point, Buffer.of(0)]))],
  ['with a point that does not end with a whole octet', ecKey(Buffer.concat([point, Buffer.of(0)]), 7)],
  ['with a point in an OCTET STRING', key(sequence(sequence(EC, P256), octetString(point)))],
]

const signed = (r: bigint, s: bigint): RequestVariation => ({
  signature: () => encodeDer(sequence(integer(r), integer(s))),
})
const resigned = (vary: (original: Buffer) => Buffer): RequestVariation => ({ signature: vary })

const FORGED: readonly (readonly [title: string, variation: RequestVariation])[] = [
  ['by another key', { signingKey: generateKeyPair().privateKey }],
  ['of zeros', signed(0n, 0n)],
  ['of ones', signed(1n, 1n)],
  ['of r = 0', signed(0n, 1n)],
  ['of s = 0', signed(1n, 0n)],
  ['of r and s as great as the order', signed(N, N)],
  ['of numbers without measure', signed(1n << 8000n, 1n << 8000n)],
  ['that is empty', resigned(() => Buffer.alloc(0))],
  ['of garbage', resigned(() => Buffer.alloc(72, 0xa5))],
  ['of 7,500 octets of garbage', resigned(() => Buffer.alloc(7500, 0xa5))],
  ['without DER around its numbers', resigned(() => Buffer.alloc(64, 1))],
  ['of one number', resigned(() => encodeDer(sequence(smallInteger(1))))],
  ['of negative numbers', resigned(() => bytes('30 06 02 01 ff 02 01 ff'))],
  ['with a long length where a short one does', resigned((der) => Buffer.concat([bytes('30 81'), der.subarray(1)]))],
  ['with more behind its numbers', resigned((der) => Buffer.concat([der, Buffer.of(0)]))],
  ['with a third number', resigned((der) => encodeDer(sequence(...readSequence(parseDer(der)), smallInteger(1))))],
  ['that is cut off', resigned((der) => der.subarray(0, -1))],
]

const SIGNATURES: readonly (readonly [title: string, variation: RequestVariation])[] = [
  ['that does not end with a whole octet', { signature: (der) => Buffer.concat([der, Buffer.of(0)]), unusedBits: 4 }],
  ['with the parameter NULL', { algorithm: sequence(ECDSA_WITH_SHA256, NULL) }],
  ['with an alias of the algorithm', { algorithm: sequence(aliasOfOid(ECDSA_WITH_SHA256)) }],
  ['with SHA-1', { algorithm: sequence(oid('1.2.840.10045.4.1')) }],
  ['with SHA-512', { algorithm: sequence(oid('1.2.840.10045.4.3.4')) }],
  ['with RSA', { algorithm: sequence(oid('1.2.840.113549.1.1.11'), NULL) }],
  ['with Ed25519', { algorithm: sequence(oid('1.3.101.112')) }],
  ['with no algorithm', { algorithm: sequence() }],
  ['with another behind it', { rest: [bitString(Buffer.alloc(72))] }],
]

const extensions = sequence(sequence(oid('2.5.29.19'), boolean(true), octetString(bytes('30 03 01 01 ff'))))

const ATTRIBUTES: readonly (readonly [title: string, variation: RequestVariation])[] = [
  ['that are missing', field(RequestField.attributes, undefined)],
  ['under another tag', field(RequestField.attributes, contextConstructed(1))],
  ['that are a SET', field(RequestField.attributes, set())],
  ['that are primitive', field(RequestField.attributes, contextPrimitive(0, Buffer.alloc(0)))],
  ['that stand twice', { more: [attributes()] }],
  ['that ask for extensions', attribute(sequence(raw(Tag.oid, EXTENSION_REQUEST), set(extensions)))],
  ['that ask for none of the extensions', attribute(sequence(raw(Tag.oid, EXTENSION_REQUEST), set(sequence())))],
  ['that ask for extensions of no form', attribute(sequence(raw(Tag.oid, EXTENSION_REQUEST), set(NULL)))],
  ['that ask for extensions as Windows does', attribute(sequence(oid('1.3.6.1.4.1.311.2.1.14'), set(extensions)))],
  ['that ask for extensions under an alias', attribute(sequence(aliasOf(EXTENSION_REQUEST), set(extensions)))],
  [
    'that ask for extensions after many others',
    attribute(
      ...Array.from({ length: 200 }, () => sequence(CHALLENGE, set(NULL))),
      sequence(raw(Tag.oid, EXTENSION_REQUEST), set(extensions)),
    ),
  ],
  ['of which one is empty', attribute(sequence())],
  ['of which one has no values', attribute(sequence(CHALLENGE, set()))],
  ['of which one has its value in no SET', attribute(sequence(CHALLENGE, utf8String('a')))],
  ['of which one has its values in a list', attribute(sequence(CHALLENGE, sequence(utf8String('a'))))],
  ['of which one has a third part', attribute(sequence(CHALLENGE, set(NULL), NULL))],
  ['of which one has no identifier', attribute(sequence(utf8String('a'), set(NULL)))],
  ['of which one has an identifier without end', attribute(sequence(raw(Tag.oid, bytes('2a ff')), set(NULL)))],
  ['of which one has an empty identifier', attribute(sequence(raw(Tag.oid, bytes('')), set(NULL)))],
  [
    'of which one has an identifier of 7,500 octets',
    attribute(sequence(raw(Tag.oid, Buffer.alloc(7500, 0xff)), set(NULL))),
  ],
  ['with a value in pieces', attribute(sequence(CHALLENGE, set({ ...set(utf8String('a')), tag: Tag.utf8String })))],
]

const subject = (...nodes: DerNode[]) => field(RequestField.subject, sequence(...nodes))

const FIELDS: readonly (readonly [title: string, variation: RequestVariation])[] = [
  ['without a version', field(RequestField.version, undefined)],
  ['of version 1', field(RequestField.version, smallInteger(1))],
  ['of a negative version', field(RequestField.version, integerFromBytes(Buffer.of(0xff)))],
  ['of version 2^32', field(RequestField.version, integer(1n << 32n))],
  ['of a version that is no number', field(RequestField.version, boolean(false))],
  ['of a version that is a list', field(RequestField.version, contextConstructed(0, smallInteger(0)))],
  ['without a subject', field(RequestField.subject, undefined)],
  ['whose subject is a SET', field(RequestField.subject, set())],
  ['whose subject is a text', field(RequestField.subject, utf8String('orders'))],
  ['whose subject has an empty part', subject(set())],
  ['whose subject has a part that is a list', subject(sequence(sequence(COMMON_NAME, utf8String('a'))))],
  ['whose subject has a name without a value', subject(set(sequence(COMMON_NAME)))],
  ['whose subject has a name of three parts', subject(set(sequence(COMMON_NAME, utf8String('a'), utf8String('b'))))],
  ['whose subject has a name without a type', subject(set(sequence(utf8String('a'), utf8String('b'))))],
  ['whose subject has a name of an aliased type', subject(set(sequence(aliasOfOid(COMMON_NAME), utf8String('a'))))],
  ['without a key', field(RequestField.publicKey, undefined)],
  ['with a field more', { more: [NULL] }],
]

const valid = requestDer()
const content = valid.subarray(derExtentOf(valid)?.headerLength)
const withAttributeValue = (value: Buffer) =>
  requestDer(attribute(sequence(CHALLENGE, { tagClass: 'universal', tag: 0x20 | Tag.set, bytes: value })))

const BYTES: readonly (readonly [title: string, der: Uint8Array])[] = [
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(500)],
  ['8 KiB of zeros', Buffer.alloc(8192)],
  ['a megabyte', Buffer.alloc(2 ** 20, 0x30)],
  ['an empty SEQUENCE', bytes('30 00')],
  ['a SEQUENCE of three empty ones', bytes('30 06 30 00 30 00 30 00')],
  ['a request in PEM', Buffer.from(encodePem('CERTIFICATE REQUEST', valid))],
  ['a certificate', leafDer()],
  ['a private key in PEM', Buffer.from(encodePrivateKey(requester.privateKey))],
  ['a private key', requester.privateKey.export({ type: 'pkcs8', format: 'der' })],
  ['a public key', encodeDer(subjectPublicKeyInfo(requester.publicKey))],
  ['a request without its signature', encodeSequence([firstValueOf(valid), encodeDer(SIGNATURE_ALGORITHM)])],
  ['a request without its first byte', valid.subarray(1)],
  ['a request with a byte behind it', Buffer.concat([valid, Buffer.of(0)])],
  ['two requests', Buffer.concat([valid, valid])],
  ['a request in a request', encodeSequence([valid, encodeDer(SIGNATURE_ALGORITHM), bytes('03 01 00')])],
  ['a request of indefinite length', Buffer.concat([bytes('30 80'), content, bytes('00 00')])],
  [
    'a request with a length of four octets',
    Buffer.concat([bytes('30 84 00 00 00'), Buffer.of(content.length), content]),
  ],
  ['a request that says to be 4 GiB long', Buffer.concat([bytes('30 84 ff ff ff ff'), content])],
  ['10,000 lists in lists', nestedDer(10_000)],
  ['as many lists in lists as fit', nestedDer(2000)],
  ['a request with 1,500 lists in lists for a value', withAttributeValue(nestedDer(1500))],
  ['a request with lists of indefinite length', withAttributeValue(bytes('3080'.repeat(2000)))],
  ['a request with 3,500 empty lists for its attributes', requestDer(attribute(...Array(3500).fill(sequence())))],
]

describe('a certificate request is refused', () => {
  const cases: readonly (readonly [title: string, der: Uint8Array, isForged?: boolean])[] = [
    ...KEYS.map(([title, variation]) => [`with a key ${title}`, requestDer(variation)] as const),
    ...FORGED.map(([title, variation]) => [`with a signature ${title}`, requestDer(variation), true] as const),
    ...SIGNATURES.map(([title, variation]) => [`with a signature ${title}`, requestDer(variation)] as const),
    ...ATTRIBUTES.map(([title, variation]) => [`with attributes ${title}`, requestDer(variation)] as const),
    ...FIELDS.map(([title, variation]) => [title, requestDer(variation)] as const),
    ...BYTES.map(([title, der]) => [`that is ${title}`, der] as const),
  ]
  for (const [title, der, isForged = false] of cases) {
    test(title, async () => {
      const start = monotonicClock()
      const { message } = await refusalOf('CERTIFICATE_REQUEST_INVALID', () => verifyCertificateRequest(der))
      expect(monotonicClock() - start).toBeLessThan(100)
      expect(message).toMatch(/^The certificate request is refused: .*\. (?:Make|Leave).*: openssl /)
      expect(message.length).toBeLessThan(300)
      expect(message.includes('is not signed with')).toBe(isForged)
    })
  }
})

describe('of a certificate request that was changed, the key is the same, or it is refused', () => {
  test('whichever value is left out, doubled or another, though the requester has signed it so', () => {
    const [info] = readSequence(parseDer(valid))
    const taken = variationsOf(info ?? sequence()).filter(([, node]) => keyOf(signedBy(node)) !== undefined)
    expect(taken.map(([title]) => title)).toEqual([
      // The subject is a list of SETs, and what a name is does not matter.
      'another in 1.0.0.1',
      '1.0.0 doubled',
      'without 1.0',
      '1.0 doubled',
      // The same of the attributes: there may be none, and each has one value or several.
      'another in 3.0.1.0',
      '3.0.1.0 doubled',
      'without 3.0',
      '3.0 doubled',
    ])
  })

  test('whichever octets are changed, left out or put in', () => {
    fc.assert(
      fc.property(mutationOf(valid), (der) => {
        expectSameKey(keyOf(der))
      }),
      { numRuns: 2000 },
    )
  })

  test('whichever octets are changed, left out or put in before the requester signs it', () => {
    fc.assert(
      fc.property(mutationOf(firstValueOf(valid)), (info) => {
        const signature = sign('sha256', info, requester.privateKey)
        expectSameKey(keyOf(encodeSequence([info, encodeDer(SIGNATURE_ALGORITHM), encodeDer(bitString(signature))])))
      }),
      { numRuns: 1000 },
    )
  })
})

function keyOf(der: Uint8Array) {
  try {
    return verifyCertificateRequest(der).publicKey
  } catch (error) {
    expect(error).toBeInstanceOf(AuthError)
    expect(error).toHaveProperty('code', 'CERTIFICATE_REQUEST_INVALID')
    return undefined
  }
}

function expectSameKey(publicKey: ReturnType<typeof keyOf>): void {
  if (publicKey !== undefined) expect(publicKey.equals(requester.publicKey)).toBe(true)
}

function signedBy(info: DerNode): Buffer {
  const signature = sign('sha256', encodeDer(info), requester.privateKey)
  return encodeDer(sequence(info, SIGNATURE_ALGORITHM, bitString(signature)))
}

/** Every tree that differs from this one in one place below the root; a place is a path of positions. */
function variationsOf(node: DerNode, path = ''): readonly (readonly [title: string, node: DerNode])[] {
  const { children = [] } = node
  const withChildren = (varied: readonly DerNode[]): DerNode => ({ ...node, children: varied })
  return children.flatMap((child, position) => {
    const place = path === '' ? `${position}` : `${path}.${position}`
    const before = children.slice(0, position)
    const after = children.slice(position + 1)
    return [
      ...variationsOf(child, place).map(
        ([title, varied]) => [title, withChildren([...before, varied, ...after])] as const,
      ),
      [`another in ${place}`, withChildren([...before, contextPrimitive(29, Buffer.of(1)), ...after])] as const,
      [`without ${place}`, withChildren([...before, ...after])] as const,
      [`${place} doubled`, withChildren([...before, child, child, ...after])] as const,
    ]
  })
}

function mutationOf(original: Buffer): fc.Arbitrary<Buffer> {
  const position = fc.nat(original.length - 1)
  const octets = fc.uint8Array({ maxLength: 3 })
  const splice = fc.record({ position, removed: fc.nat(3), octets })
  return fc
    .array(splice, { minLength: 1, maxLength: 3 })
    .map((splices) =>
      splices.reduce(
        (der, { position: start, removed, octets: inserted }) =>
          Buffer.concat([der.subarray(0, start), inserted, der.subarray(start + removed)]),
        original,
      ),
    )
}

/** The parameters of P-256 as ECParameters (RFC 3279 section 2.3.5). */
function explicitP256(): DerNode {
  const a = Buffer.concat([P.subarray(0, -1), Buffer.of(0xfc)])
  const b = bytes('5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b')
  const generator = bytes(
    '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  )
  return sequenceOf([
    smallInteger(1),
    sequence(oid('1.2.840.10045.1.1'), integer(BigInt(`0x${P.toString('hex')}`))),
    sequence(octetString(a), octetString(b)),
    octetString(generator),
    integer(N),
    smallInteger(1),
  ])
}
