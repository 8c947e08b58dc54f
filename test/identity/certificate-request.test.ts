import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import { parseDer } from '../../src/core/der.ts'
import { encodeDer } from '../../src/core/der-encoder.ts'
import type { DerNode } from '../../src/core/der-node.ts'
import { readInteger, readSequence } from '../../src/core/der-reader.ts'
import { bitString, integer, oid, sequence, set, smallInteger, utf8String } from '../../src/core/der-writer.ts'
import { Oid } from '../../src/identity/certificate.ts'
import { verifyCertificateRequest } from '../../src/identity/certificate-request.ts'
import { createCertificateRequest } from '../../src/identity/create-certificate-request.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { pointOf, subjectPublicKeyInfo } from '../../src/identity/public-key.ts'
import {
  attributes,
  RequestField,
  type RequestVariation,
  requestDer,
  requester,
} from '../support/certificate-request.ts'
import { refusalOf } from '../support/refusal.ts'

const { version, subject, publicKey, attributes: attributesField } = RequestField
const point = pointOf(requester.publicKey)
const ecKey = (...algorithm: DerNode[]) => sequence(sequence(...algorithm), bitString(point))
const EC = oid('1.2.840.10045.2.1')
const P256 = oid('1.2.840.10045.3.1.7')
const CHALLENGE = oid('1.2.840.113549.1.9.7')
const name = (text: string) => sequence(oid('2.5.4.3'), utf8String(text))
const field = (position: number, node: DerNode | undefined): RequestVariation => ({ fields: { [position]: node } })
const spkiOf = (key: { export(options: { type: 'spki'; format: 'der' }): Buffer }) =>
  parseDer(key.export({ type: 'spki', format: 'der' }))

describe('of a certificate request the key is taken', () => {
  const cases: [title: string, der: () => Buffer][] = [
    ['where it has a subject and attributes', () => requestDer()],
    ['where it has neither', () => createCertificateRequest(requester)],
    [
      'where a part of its subject has two names',
      () => requestDer(field(subject, sequence(set(name('a'), name('b'))))),
    ],
    [
      'where it has an unstructured name of two values',
      () =>
        requestDer(
          field(
            attributesField,
            attributes(sequence(oid('1.2.840.113549.1.9.2'), set(utf8String('a'), utf8String('b')))),
          ),
        ),
    ],
    [
      'where its signature has a low s',
      () => requestDer({ signature: (bytes) => withS(bytes, (s) => lesser(s, N - s)) }),
    ],
    [
      'where its signature has a high s',
      () => requestDer({ signature: (bytes) => withS(bytes, (s) => greater(s, N - s)) }),
    ],
  ]
  for (const [title, der] of cases) {
    test(title, () => {
      const request = verifyCertificateRequest(der())
      expect(Object.keys(request)).toEqual(['publicKey'])
      expect(request.publicKey.equals(requester.publicKey)).toBe(true)
    })
  }

  test('and it is written into a certificate as it stood in the request', () => {
    const { publicKey: key } = verifyCertificateRequest(requestDer())
    expect(subjectPublicKeyInfo(key)).toEqual(subjectPublicKeyInfo(requester.publicKey))
  })
})

test('a request that is created asks for the extensions that it is given', async () => {
  const usage = extension(Oid.keyUsage, bitString(Buffer.of(0x06), 1), { critical: true })
  const der = createCertificateRequest(requester, { subject: sequence(set(name('root'))), extensions: [usage] })
  expect(readSequence(readSequence(parseDer(der))[0])[1]).toEqual(sequence(set(name('root'))))
  expect(der.includes(encodeDer(usage))).toBe(true)
  await refusalOf('CERTIFICATE_REQUEST_INVALID', () => verifyCertificateRequest(der))
})

describe('a certificate request is refused', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const ed25519 = generateKeyPairSync('ed25519')
  const extensions = sequence(extension(Oid.basicConstraints, sequence(), { critical: true }))
  const asks = (id: string) =>
    field(attributesField, attributes(sequence(CHALLENGE, set(utf8String('a'))), sequence(oid(id), set(extensions))))

  const cases: [title: string, der: () => Uint8Array, words: RegExp][] = [
    ['when it is empty', () => Buffer.alloc(0), /: it is empty\. Make it anew: openssl req /],
    ['when it has more than 8 KiB', () => Buffer.alloc(8193), /: it has 8193 bytes, where 8192 are the most\. /],
    ['when a byte trails', () => Buffer.concat([requestDer(), Buffer.of(0)]), /: it is not well-formed: not in DER/],
    ['when its end is missing', () => requestDer().subarray(0, -1), /: it is not well-formed: not in DER/],
    [
      'when its version is 1',
      () => requestDer(field(version, smallInteger(1))),
      /its version is not 1, which is written as 0/,
    ],
    [
      'when its key is one of RSA',
      () => requestDer(field(publicKey, spkiOf(rsa.publicKey))),
      /: RSA keys are not certified\. Make a key on P-256: openssl genpkey /,
    ],
    [
      'when its key is an Ed25519 key',
      () => requestDer(field(publicKey, spkiOf(ed25519.publicKey))),
      /: Ed25519 keys are not certified\. Make a key on P-256/,
    ],
    [
      'when its key is on P-384',
      () => requestDer(field(publicKey, spkiOf(p384.publicKey))),
      /: keys on P-384 are not certified\. Make a key on P-256/,
    ],
    [
      'when its key is of a kind that nobody knows',
      () => requestDer(field(publicKey, ecKey(oid('1.2.3'), P256))),
      /: keys of an unknown kind are not certified\. /,
    ],
    [
      'when its key is on a curve that nobody knows',
      () => requestDer(field(publicKey, ecKey(EC, oid('1.2.3')))),
      /: keys on an unknown curve are not certified\. /,
    ],
    [
      'when its curve is written out',
      () => requestDer(field(publicKey, ecKey(EC, sequence(smallInteger(1))))),
      /: keys with explicit parameters of their curve are not certified\. /,
    ],
    [
      'when it asks for extensions',
      () => requestDer(asks('1.2.840.113549.1.9.14')),
      /: it asks for extensions, .*\. Leave them out: openssl req -new -key orders\.key -subj \/ /,
    ],
    [
      "when it asks for extensions in Microsoft's way",
      () => requestDer(asks('1.3.6.1.4.1.311.2.1.14')),
      /: it asks for extensions, /,
    ],
    [
      'when it is signed with SHA-384',
      () => requestDer({ algorithm: sequence(oid('1.2.840.10045.4.3.3')) }),
      /: it is not signed by ECDSA with SHA-256\. Make it anew/,
    ],
    [
      'when its signature is by another key',
      () => requestDer({ signingKey: generateKeyPair().privateKey }),
      /: it is not signed with the private key that belongs to the key in it\. Make it anew/,
    ],
  ]
  for (const [title, der, words] of cases) {
    test(title, async () => {
      const { message } = await refusalOf('CERTIFICATE_REQUEST_INVALID', () => verifyCertificateRequest(der()))
      expect(message).toMatch(words)
    })
  }
})

/** The order of P-256 (NIST SP 800-186 section 3.2.1.3). */
const N = 0xffffffff_00000000_ffffffff_ffffffff_bce6faad_a7179e84_f3b9cac2_fc632551n

const lesser = (a: bigint, b: bigint) => (a < b ? a : b)
const greater = (a: bigint, b: bigint) => (a > b ? a : b)

/** An ECDSA signature with another s. */
function withS(signature: Buffer, vary: (s: bigint) => bigint): Buffer {
  const [r, s] = readSequence(parseDer(signature))
  const value = BigInt(`0x${readInteger(s).toString('hex')}`)
  return encodeDer(sequence(...(r === undefined ? [] : [r]), integer(vary(value))))
}
