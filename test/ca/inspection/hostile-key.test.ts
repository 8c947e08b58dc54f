import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { inspect } from '../../../src/ca/inspection/inspect.ts'
import type { Inspection } from '../../../src/ca/inspection/inspection.ts'
import { parseDer } from '../../../src/core/der.ts'
import { encodeDer } from '../../../src/core/der-encoder.ts'
import { type DerNode, Tag } from '../../../src/core/der-node.ts'
import { readSequence } from '../../../src/core/der-reader.ts'
import {
  bitString,
  contextConstructed,
  integer,
  integerFromBytes,
  octetString,
  oid,
  sequence,
  sequenceOf,
  smallInteger,
} from '../../../src/core/der-writer.ts'
import { Oid } from '../../../src/identity/certificate.ts'
import { encodeCertificate, encodePem } from '../../../src/identity/pem.ts'
import { Field, intermediate, leafDer, validTemplate } from '../../support/leaf.ts'

const MAX_CPU_SECONDS = 2
const NULL: DerNode = { tagClass: 'universal', tag: Tag.null, bytes: Buffer.alloc(0) }
const RSA = '1.2.840.113549.1.1.1'
const RSA_WITH_SHA256 = sequence(oid('1.2.840.113549.1.1.11'), NULL)
const DSA = '1.2.840.10040.4.1'
const DH = '1.2.840.113549.1.3.1'
const EC = '1.2.840.10045.2.1'
const P256 = '1.2.840.10045.3.1.7'
const SECT571R1 = '1.3.132.0.39'

/** What is told of a file, within the time that it may take. */
function inspectInTime(text: string): readonly Inspection[] {
  const start = process.cpuUsage()
  const inspections = inspect(Buffer.from(text), validTemplate.notBefore)
  const { user, system } = process.cpuUsage(start)
  expect((user + system) / 1e6).toBeLessThan(MAX_CPU_SECONDS)
  return inspections
}

/** An odd number of this many bits. */
const numberOf = (bits: number) => integerFromBytes(Buffer.concat([Buffer.of(0), Buffer.alloc(bits / 8, 0xe5)]))

const rsaInfo = (bits: number, exponent = integer(65_537n)) =>
  sequence(sequence(oid(RSA), NULL), bitString(encodeDer(sequence(numberOf(bits), exponent))))

const infoOn = (namedCurve: string) =>
  parseDer(generateKeyPairSync('ec', { namedCurve }).publicKey.export({ type: 'spki', format: 'der' }))

describe('a public key with which computing takes long is named, and not looked at:', () => {
  const cases: [title: string, info: DerNode, words: string][] = [
    [
      'of RSA with a great exponent',
      rsaInfo(2048, numberOf(3_040_000)),
      'rsa of 2048 bits with an exponent of 3040000',
    ],
    [
      'of RSA with an exponent of 33 bits',
      rsaInfo(2048, integer(2n ** 32n)),
      'rsa of 2048 bits with an exponent of 33',
    ],
    ['of RSA with a great modulus', rsaInfo(3_040_000), 'rsa of 3040000 bits'],
    ['of RSA with 4104 bits', rsaInfo(4104), 'rsa of 4104 bits'],
    ['on another curve', infoOn('sect571r1'), `ec on ${SECT571R1}`],
    [
      'on a curve of its own',
      sequence(sequence(oid(EC), sequence()), bitString(Buffer.of(4))),
      'ec on a curve of its own',
    ],
    [
      'of DSA',
      sequence(sequence(oid(DSA), sequence(numberOf(32_768))), bitString(encodeDer(numberOf(32_768)))),
      'dsa of 32768 bits',
    ],
    [
      'of another algorithm',
      sequence(sequence(oid('1.2.3')), bitString(Buffer.of(1))),
      'of the unknown algorithm 1.2.3',
    ],
  ]
  for (const [title, info, words] of cases) {
    test(title, () => {
      expect(inspectInTime(encodePem('PUBLIC KEY', encodeDer(info)))).toMatchObject([
        {
          facts: { key: words, keyId: undefined },
          problems: [expect.stringMatching(`^the key, ${words}, is not looked at`)],
        },
      ])
    })
  }

  test('one of RSA with 4096 bits and an exponent of 32 is looked at', () => {
    const text = encodePem('PUBLIC KEY', encodeDer(rsaInfo(4096, integer(2n ** 32n - 1n))))
    expect(inspectInTime(text)).toMatchObject([
      { facts: { key: 'rsa of 4096 bits' }, problems: ['the key is not on P-256'] },
    ])
  })

  test('one of more numbers than RSA has is told not to be read', () => {
    const numbers = sequenceOf(Array.from({ length: 150_000 }, () => smallInteger(1)))
    const text = encodePem('PUBLIC KEY', encodeDer(sequence(sequence(oid(RSA), NULL), bitString(encodeDer(numbers)))))
    expect(inspectInTime(text)).toMatchObject([
      { problems: [expect.stringContaining('it cannot be read: an RSA key')] },
    ])
  })
})

describe('a private key with which computing takes long is named, and not looked at:', () => {
  const pkcs8 = (algorithm: DerNode, key: DerNode) => sequence(smallInteger(0), algorithm, octetString(encodeDer(key)))
  const group = sequence(numberOf(32_768), numberOf(256), smallInteger(2))
  const rsaKey = (bits: number, exponent: DerNode, prime: DerNode) =>
    sequence(smallInteger(0), numberOf(bits), exponent, ...Array.from({ length: 6 }, () => prime))
  const scalar = octetString(Buffer.alloc(32, 1))
  const ecKey = (curve: string) => sequence(smallInteger(1), scalar, contextConstructed(0, oid(curve)))
  const algorithmOf = (curve: string) => sequence(oid(EC), oid(curve))
  const cases: [title: string, label: string, key: DerNode, words: string][] = [
    ['of DSA', 'PRIVATE KEY', pkcs8(sequence(oid(DSA), group), numberOf(32_768)), 'dsa of 32768 bits'],
    ['of Diffie-Hellman', 'PRIVATE KEY', pkcs8(sequence(oid(DH), group), numberOf(32_768)), 'dh of 32768 bits'],
    [
      'of RSA',
      'PRIVATE KEY',
      pkcs8(sequence(oid(RSA), NULL), rsaKey(8192, smallInteger(3), smallInteger(3))),
      'rsa of 8192 bits',
    ],
    [
      'of RSA with great primes',
      'RSA PRIVATE KEY',
      rsaKey(2048, smallInteger(3), numberOf(65_536)),
      'rsa of 65536 bits',
    ],
    [
      'of RSA with a great exponent',
      'RSA PRIVATE KEY',
      rsaKey(2048, numberOf(2048), smallInteger(3)),
      'rsa of 2048 bits with an exponent of 2048',
    ],
    ['on another curve', 'EC PRIVATE KEY', ecKey(SECT571R1), `ec on ${SECT571R1}`],
    [
      'on another curve in PKCS #8',
      'PRIVATE KEY',
      pkcs8(algorithmOf(SECT571R1), ecKey(SECT571R1)),
      `ec on ${SECT571R1}`,
    ],
    ['on another curve than it says', 'PRIVATE KEY', pkcs8(algorithmOf(P256), ecKey(SECT571R1)), 'ec on two curves'],
  ]
  for (const [title, label, key, words] of cases) {
    test(title, () => {
      expect(inspectInTime(encodePem(label, encodeDer(key)))).toMatchObject([
        {
          facts: { key: words, encrypted: false },
          problems: [expect.stringMatching(`^the key, ${words}, is not looked at`)],
          warnings: [expect.stringContaining('not encrypted')],
        },
      ])
    })
  }

  test('one that is longer than its curve allows is told not to be read', () => {
    const key = sequence(smallInteger(1), octetString(Buffer.alloc(300_000, 1)), contextConstructed(0, oid(P256)))
    expect(inspectInTime(encodePem('EC PRIVATE KEY', encodeDer(key)))).toMatchObject([
      { problems: ['it cannot be read: a key is longer than its curve allows'] },
    ])
  })

  test('one that is encrypted is not decrypted, however dear its passphrase is', () => {
    const pbkdf2 = sequence(
      oid('1.2.840.113549.1.5.12'),
      sequence(octetString(Buffer.alloc(8)), integer(2n ** 31n - 1n)),
    )
    const aes = sequence(oid('2.16.840.1.101.3.4.1.42'), octetString(Buffer.alloc(16)))
    const pbes2 = sequence(oid('1.2.840.113549.1.5.13'), sequence(pbkdf2, aes))
    const text = encodePem('ENCRYPTED PRIVATE KEY', encodeDer(sequence(pbes2, octetString(Buffer.alloc(64)))))
    expect(inspectInTime(text)).toMatchObject([{ facts: { encrypted: true }, problems: [] }])
  })
})

describe('a hundred certificates of one name are told of in time, whose keys are', () => {
  const cases: [title: string, info: DerNode, isSignedByRsa: boolean, problem: string][] = [
    ['of RSA with a great exponent', rsaInfo(3072, numberOf(3072)), true, 'is not looked at'],
    ['of RSA with a great modulus', rsaInfo(16_384), true, 'is not looked at'],
    ['on another curve', infoOn('sect571r1'), false, 'is not looked at'],
    ['of RSA with 4096 bits', rsaInfo(4096, integer(2n ** 32n - 1n)), true, 'it is not signed by itself'],
    ['on P-521', infoOn('secp521r1'), false, 'it is not signed by itself'],
  ]
  for (const [title, info, isSignedByRsa, problem] of cases) {
    test(title, () => {
      const inspections = inspectInTime(encodeCertificate(authorityDer(info, isSignedByRsa)).repeat(100))
      expect(inspections).toHaveLength(100)
      for (const inspection of inspections) {
        expect(inspection).toMatchObject({ kind: 'root', facts: { issuedBy: 'not known' } })
        expect(inspection.problems).toEqual([expect.stringContaining(problem)])
      }
    })
  }
})

test('a certificate says so where its issuer has a key that is not looked at', () => {
  const extensions = { [Oid.authorityKeyId]: undefined }
  const below = encodeCertificate(leafDer({ extensions }))
  const [service, root] = inspectInTime(below + encodeCertificate(authorityDer(infoOn('sect571r1'), false)))
  expect(service).toMatchObject({
    kind: 'service-certificate',
    facts: { issuedBy: 'not known' },
    problems: [expect.stringContaining('it is not known whether it is issued by the next certificate, block 2')],
  })
  expect(root).toMatchObject({ kind: 'root', problems: [expect.stringContaining('is not looked at')] })
})

test('the root of a great key is told of, with a great exponent too', () => {
  const [root] = inspectInTime(encodeCertificate(authorityDer(rsaInfo(3072, numberOf(3_040_000)), true)))
  expect(root).toMatchObject({
    kind: 'root',
    facts: { name: expect.stringContaining('Countersign intermediate'), key: expect.stringContaining('3040000') },
    problems: [expect.stringContaining('is not looked at')],
  })
})

/** The certificate of a CA that names itself as its issuer and no key of it, and has not signed it. */
function authorityDer(publicKeyInfo: DerNode, isSignedByRsa: boolean): Buffer {
  const der = leafDer({
    template: {
      subject: intermediate.subject,
      basicConstraints: { isCa: true, pathLength: undefined },
      keyUsage: ['keyCertSign'],
    },
    extensions: { [Oid.authorityKeyId]: undefined },
    fields: { [Field.publicKey]: publicKeyInfo },
  })
  if (!isSignedByRsa) return der
  const [tbs] = readSequence(parseDer(der))
  const signed = sequenceOf(readSequence(tbs).with(ALGORITHM, RSA_WITH_SHA256))
  const modulus = readSequence(publicKeyInfo)[1]?.bytes ?? Buffer.alloc(0)
  return encodeDer(sequence(signed, RSA_WITH_SHA256, bitString(signatureFor(modulus))))
}

/** The position of the algorithm in TBSCertificate. */
const ALGORITHM = 2

/** As long as the modulus, and less than it. */
function signatureFor(key: Buffer): Buffer {
  const [modulus] = readSequence(parseDer(key.subarray(1)))
  return Buffer.alloc((modulus?.bytes?.length ?? 1) - 1, 0x01)
}
