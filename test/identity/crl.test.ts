import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import { DerError, type DerNode } from '../../src/core/der-node.ts'
import {
  contextConstructed,
  enumerated,
  integer,
  integerFromBytes,
  octetString,
  oid,
  sequence,
  set,
  smallInteger,
  time,
  utf8String,
} from '../../src/core/der-writer.ts'
import { CrlOid, isCrlSignedBy, parseCrl } from '../../src/identity/crl.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { SIGNATURE_ALGORITHM } from '../../src/identity/signed-value.ts'
import { CrlField, type CrlVariation, crlDer, revokedEntries, validCrlTemplate } from '../support/crl.ts'
import { intermediate, leafDer, root } from '../support/leaf.ts'

const crlNumber = (value: DerNode) => extension(CrlOid.number, value, { critical: false })
const serialNumber = integerFromBytes(Buffer.of(1))
const entryWith = (...extensions: DerNode[]) => sequence(serialNumber, time(0), sequence(...extensions))
const reason = (value: DerNode) => extension(CrlOid.reasonCode, value, { critical: false })

test('a CRL is read in all its parts', () => {
  const crl = parseCrl(crlDer())
  expect(crl).toMatchObject({
    version: 2,
    signatureAlgorithm: SIGNATURE_ALGORITHM,
    thisUpdate: validCrlTemplate.thisUpdate,
    nextUpdate: validCrlTemplate.nextUpdate,
    number: 300n,
    authorityKeyId: intermediate.subjectKeyId,
    entries: [
      { serialNumber: '40'.repeat(16), revokedAt: revokedEntries[0]?.revokedAt, reasonCode: 1 },
      { serialNumber: '41'.repeat(16), revokedAt: revokedEntries[1]?.revokedAt, reasonCode: undefined },
    ],
  })
  expect(crl.issuer).toEqual(intermediate.subject)
  expect(crl.extensions).toEqual(
    new Map([
      [CrlOid.authorityKeyId, { critical: false }],
      [CrlOid.number, { critical: false }],
    ]),
  )
})

test('a CRL is read without what it may lack', () => {
  const { version, nextUpdate, entries, extensions } = CrlField
  const lacking = { [version]: undefined, [nextUpdate]: undefined, [entries]: undefined, [extensions]: undefined }
  expect(parseCrl(crlDer({ fields: lacking }))).toMatchObject({
    version: 1,
    nextUpdate: undefined,
    entries: [],
    number: undefined,
    authorityKeyId: undefined,
  })
})

test('a number of twenty octets is read whole', () => {
  const number = 2n ** 158n + 1n
  expect(parseCrl(crlDer({ extensions: [crlNumber(integer(number))] })).number).toBe(number)
})

describe('the signature of a CRL', () => {
  test('is that of the key that made it', () => {
    expect(isCrlSignedBy(parseCrl(crlDer()), intermediate.publicKey)).toBe(true)
  })

  test('is not that of another key', () => {
    for (const key of [root.publicKey, generateKeyPair().publicKey]) {
      expect(isCrlSignedBy(parseCrl(crlDer()), key)).toBe(false)
    }
  })

  test('is broken by any change of what is signed', () => {
    const der = crlDer()
    const position = der.indexOf(Buffer.alloc(16, 0x40))
    const changed = Buffer.from(der).fill(0x42, position, position + 16)
    const crl = parseCrl(changed)
    expect(crl.entries[0]?.serialNumber).toBe('42'.repeat(16))
    expect(isCrlSignedBy(crl, intermediate.publicKey)).toBe(false)
  })
})

describe('what is not a well-formed CRL is refused:', () => {
  const cases: [title: string, variation: CrlVariation][] = [
    ['a list of entries that is empty', { entries: [] }],
    ['a list of extensions that is empty', { extensions: [] }],
    ['no list of extensions in its tag', { fields: { [CrlField.extensions]: contextConstructed(0) } }],
    ['extensions in another tag', { fields: { [CrlField.extensions]: contextConstructed(3, sequence()) } }],
    ['an issuer without a name', { fields: { [CrlField.issuer]: sequence() } }],
    ['an issuer that is no name', { fields: { [CrlField.issuer]: utf8String('root') } }],
    ['no date', { fields: { [CrlField.thisUpdate]: undefined, [CrlField.nextUpdate]: undefined } }],
    ['a date that is none', { fields: { [CrlField.thisUpdate]: utf8String('today') } }],
    ['two signature algorithms', { algorithm: sequence(oid('1.2.840.10045.4.3.3')) }],
    ['the same algorithm with parameters', { algorithm: sequence(...(SIGNATURE_ALGORITHM.children ?? []), set()) }],
    ['a signature of which a bit does not count', { unusedBits: 1 }],
    ['a field more', { rest: [smallInteger(1)] }],
    ['a number that is negative', { extensions: [crlNumber(integerFromBytes(Buffer.of(0x80)))] }],
    ['a number that is none', { extensions: [crlNumber(octetString(Buffer.of(1)))] }],
    ['an extension that stands twice', { extensions: [crlNumber(smallInteger(1)), crlNumber(smallInteger(1))] }],
    ['an entry without a date', { entries: [sequence(serialNumber)] }],
    ['an entry without a serial number', { entries: [sequence(time(0))] }],
    [
      'an entry with a field more',
      { entries: [sequence(serialNumber, time(0), sequence(reason(enumerated(1))), set())] },
    ],
    ['an entry with no extension in its list', { entries: [entryWith()] }],
    ['an entry with two reasons', { entries: [entryWith(reason(enumerated(1)), reason(enumerated(2)))] }],
    ['a reason that is an INTEGER', { entries: [entryWith(reason(smallInteger(1)))] }],
    ['a reason of two octets', { entries: [entryWith(reason({ ...enumerated(1), bytes: Buffer.of(1, 1) }))] }],
    ['a reason that is negative', { entries: [entryWith(reason({ ...enumerated(1), bytes: Buffer.of(0xff) }))] }],
  ]
  for (const [title, variation] of cases) {
    test(title, () => {
      expect(() => parseCrl(crlDer(variation))).toThrow(DerError)
    })
  }

  test('a certificate', () => {
    expect(() => parseCrl(leafDer())).toThrow(DerError)
  })

  test('trailing bytes', () => {
    expect(() => parseCrl(Buffer.concat([crlDer(), Buffer.of(0)]))).toThrow(DerError)
  })

  test('any bytes changed at random, with a DerError and nothing else', () => {
    const der = crlDer()
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 0, max: 255 }), (position, octet) => {
        const changed = Buffer.from(der).fill(octet, position, position + 1)
        expect(isReadOrRefused(changed)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

function isReadOrRefused(der: Buffer): boolean {
  try {
    return parseCrl(der).der.equals(der)
  } catch (error) {
    return error instanceof DerError
  }
}
