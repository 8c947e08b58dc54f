import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { monotonicClock } from '../../src/core/clock.ts'
import { parseDer } from '../../src/core/der.ts'
import { encodeDer, encodeSequence } from '../../src/core/der-encoder.ts'
import { DerError, type DerNode } from '../../src/core/der-node.ts'
import {
  readBitString,
  readBoolean,
  readContext,
  readEnumerated,
  readInteger,
  readOctetString,
  readOctets,
  readOid,
  readSequence,
  readSet,
  readTime,
} from '../../src/core/der-reader.ts'
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  enumerated,
  integer,
  integerFromBytes,
  octetString,
  oid,
  sequence,
  sequenceOf,
  set,
  smallInteger,
  time,
  utf8String,
} from '../../src/core/der-writer.ts'
import { nestedDer } from '../support/nested-der.ts'
import { isStrictDer } from '../support/strict-der.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const hexOf = (node: DerNode) => encodeDer(node).toString('hex')

describe('writing', () => {
  const cases: [title: string, node: DerNode, hex: string][] = [
    ['an empty SEQUENCE', sequence(), '30 00'],
    ['a SET', set(smallInteger(1)), '31 03 02 01 01'],
    ['TRUE', boolean(true), '01 01 ff'],
    ['FALSE', boolean(false), '01 01 00'],
    ['an INTEGER', smallInteger(2), '02 01 02'],
    ['an INTEGER of zero', integer(0n), '02 01 00'],
    ['an INTEGER of one octet', integer(127n), '02 01 7f'],
    ['an INTEGER whose top bit would be taken for a sign', integer(128n), '02 02 00 80'],
    ['an INTEGER of an odd count of digits', integer(256n), '02 02 01 00'],
    ['an INTEGER beyond 32 bits', integer(2n ** 53n), '02 07 20 00 00 00 00 00 00'],
    ['an ENUMERATED', enumerated(9), '0a 01 09'],
    ['an INTEGER from its octets', integerFromBytes(bytes('4001')), '02 02 40 01'],
    ['an OBJECT IDENTIFIER', oid('1.2.840.10045.4.3.2'), '06 08 2a 86 48 ce 3d 04 03 02'],
    ['a UTF8String', utf8String('é'), '0c 02 c3 a9'],
    ['an OCTET STRING', octetString(bytes('00ff')), '04 02 00 ff'],
    ['a BIT STRING', bitString(bytes('06'), 1), '03 02 01 06'],
    ['an IMPLICIT context tag', contextPrimitive(6, Buffer.from('a')), '86 01 61'],
    ['an EXPLICIT context tag', contextConstructed(0, smallInteger(2)), 'a0 03 02 01 02'],
    ['a BMPString', { tagClass: 'universal', tag: 30, bytes: bytes('0041 0142') }, '1e 04 00 41 01 42'],
    ['a length of two octets', octetString(Buffer.alloc(128)), `04 81 80 ${'00'.repeat(128)}`],
  ]
  for (const [title, node, hex] of cases) {
    test(`${title} is encoded in DER`, () => {
      expect(hexOf(node)).toBe(hex.replaceAll(' ', ''))
    })
  }

  test('a length has the fewest octets that hold it', () => {
    const lengths: [length: number, hex: string][] = [
      [127, '7f'],
      [128, '8180'],
      [255, '81ff'],
      [256, '820100'],
      [65_535, '82ffff'],
      [65_536, '83010000'],
    ]
    for (const [length, hex] of lengths) {
      const encoding = encodeDer(octetString(Buffer.alloc(length, 0xee)))
      expect(encoding.toString('hex')).toBe(`04${hex}${'ee'.repeat(length)}`)
    }
  })

  test('a SEQUENCE holds more values than a call takes arguments', () => {
    const values = Array.from({ length: 200_000 }, () => smallInteger(1))
    expect(encodeDer(sequenceOf(values))).toHaveLength(5 + 3 * values.length)
  })

  test('a SEQUENCE is made of values that are encoded already', () => {
    for (const content of [[], [smallInteger(1), set()], [octetString(Buffer.alloc(300))]]) {
      expect(encodeSequence(content.map(encodeDer))).toEqual(encodeDer(sequence(...content)))
    }
  })

  test('a time is UTCTime up to the last second of 2049 and GeneralizedTime from there', () => {
    const last = Date.UTC(2049, 11, 31, 23, 59, 59)
    expect(encodeDer(time(last)).toString('latin1')).toBe('\x17\x0d491231235959Z')
    expect(encodeDer(time(last + 999)).toString('latin1')).toBe('\x17\x0d491231235959Z')
    expect(encodeDer(time(last + 1000)).toString('latin1')).toBe('\x18\x0f20500101000000Z')
  })
})

describe('a time', () => {
  const utcTime = (text: string): DerNode => ({ tagClass: 'universal', tag: 23, bytes: Buffer.from(text, 'latin1') })
  const generalizedTime = (text: string): DerNode => ({ ...utcTime(text), tag: 24 })

  test('is read as it was written, in both forms', () => {
    for (const date of [
      0,
      Date.UTC(1950, 0, 1),
      Date.UTC(2024, 1, 29, 1, 2, 3),
      Date.UTC(2049, 11, 31),
      Date.UTC(2050, 0),
    ]) {
      expect(readTime(time(date))).toBe(date)
    }
  })

  test('has a century of its own in UTCTime: from 1950 to 2049', () => {
    expect(readTime(utcTime('500101000000Z'))).toBe(Date.UTC(1950, 0, 1))
    expect(readTime(utcTime('491231235959Z'))).toBe(Date.UTC(2049, 11, 31, 23, 59, 59))
  })

  test('is refused when it is no date, or in a form that certificates may not have', () => {
    const refused = [
      utcTime(''),
      utcTime('2701010000Z'),
      utcTime('270101000000'),
      utcTime('270101000000+0000'),
      utcTime('270101000000.5Z'),
      utcTime('20270101000000Z'),
      utcTime('270231000000Z'),
      utcTime('270101240000Z'),
      utcTime('270101006000Z'),
      utcTime('270101000060Z'),
      utcTime('991399999999Z'),
      utcTime('27010100000٠Z'),
      generalizedTime('270101000000Z'),
      generalizedTime('20500101000000.0Z'),
      generalizedTime('00000000000000Z'),
      smallInteger(1),
      undefined,
    ]
    for (const node of refused) expect(() => readTime(node), node?.bytes?.toString('latin1')).toThrow(DerError)
  })
})

describe('parsing', () => {
  test('every tree of values comes back as it was written', () => {
    fc.assert(
      fc.property(tree, (node) => {
        expect(parseDer(encodeDer(node))).toEqual(node)
      }),
    )
  })

  test('any bytes are refused with a DerError, unless they are the one encoding of a value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), mutatedEncoding, anyEncoding), (input) => {
        expect(parsedOrRefused(input) !== undefined).toBe(isStrictDer(input))
      }),
      { numRuns: 5000 },
    )
  })

  const refused: [title: string, hex: string][] = [
    ['nothing', ''],
    ['a tag without a length', '30'],
    ['a value that is cut off', '04 02 00'],
    ['a SEQUENCE whose last child is cut off', '30 03 04 02 00'],
    ['trailing bytes', '30 00 00'],
    ['a second value', '30 00 30 00'],
    ['an indefinite length', '30 80 00 00'],
    ['an indefinite length within', '30 04 30 80 00 00'],
    ['a primitive of indefinite length', '04 80 00 00'],
    ['a long length where a short one does', '30 81 00'],
    ['a length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`],
    ['a length of the reserved form', '30 ff'],
    ['a length of eight octets', '04 88 00 00 00 00 00 00 00 01 00'],
    ['an INTEGER with a leading zero too many', '02 02 00 01'],
    ['an INTEGER with a leading sign octet too many', '02 02 ff 80'],
    ['an INTEGER without octets, within', '30 02 02 00'],
    ['an ENUMERATED with a leading zero too many', '0a 02 00 01'],
    ['a BMPString of one octet and a half', '1e 03 00 41 01'],
    ['a SEQUENCE that is not in parts', '10 00'],
    ['a SET that is not in parts', '11 00'],
    ['an OCTET STRING in pieces', '24 03 04 01 00'],
    ['a UTF8String in pieces', '2c 03 0c 01 41'],
    ['an INTEGER in pieces', '22 03 02 01 00'],
    ['a tag that stands in octets of its own', '1f 01 01'],
    ['a context tag that stands in octets of its own', '9f 01 01'],
    ['the end of a value of indefinite length', '00 00'],
    ['such an end within', '30 02 00 00'],
    ['a tag of the application class', '41 01 00'],
    ['a tag of the private class', 'c1 01 00'],
  ]
  for (const [title, hex] of refused) {
    test(`${title} is refused`, () => {
      expect(() => parseDer(bytes(hex))).toThrow(DerError)
    })
  }

  const bombs: [title: string, input: Buffer][] = [
    ['of definite lengths', nestedDer(30_000)],
    ['of indefinite lengths', Buffer.from('3080'.repeat(500_000), 'hex')],
    ['just beyond the bound', nestedDer(25)],
  ]
  for (const [title, input] of bombs) {
    test(`nesting ${title} is refused at once`, () => {
      const start = monotonicClock()
      expect(() => parseDer(input)).toThrow(DerError)
      expect(monotonicClock() - start).toBeLessThan(1000)
    })
  }

  test('a message repeats none of the bytes', () => {
    expect(() => parseDer(Buffer.from('\x04\x20hunter2'))).toThrow(/^(?!.*hunter2)/)
  })
})

describe('reading', () => {
  test('each reader returns what its writer was given', () => {
    expect(readSequence(sequence(boolean(true)))).toEqual([boolean(true)])
    expect(readSet(set(boolean(true)))).toEqual([boolean(true)])
    expect(readContext(contextConstructed(3, boolean(true)), 3)).toEqual([boolean(true)])
    expect(readBoolean(boolean(true))).toBe(true)
    expect(readInteger(smallInteger(127))).toEqual(bytes('7f'))
    expect(readEnumerated(enumerated(9))).toEqual(bytes('09'))
    expect(readOctetString(octetString(bytes('0102')))).toEqual(bytes('0102'))
    expect(readBitString(bitString(bytes('06'), 1))).toEqual(bytes('06'))
    expect(readOctets(bitString(bytes('0600')))).toEqual(bytes('0600'))
    expect(readOid(oid('2.5.29.15'))).toBe('2.5.29.15')
  })

  test('an identifier has one form in which it is read, however it was written before', () => {
    expect(hexOf(oid('2.5.29.0099'))).toBe('0603551d63')
    expect(readOid(oid('2.5.29.0099'))).toBe('2.5.29.99')
  })

  const parsed = (hex: string) => parseDer(bytes(hex))
  const refused: [title: string, read: () => unknown][] = [
    ['a missing value', () => readSequence(undefined)],
    ['another type', () => readSequence(set())],
    ['another context tag', () => readContext(contextConstructed(0), 3)],
    ['a primitive SEQUENCE', () => readSequence(parsed('10 00'))],
    ['a constructed OCTET STRING', () => readOctetString(parsed('24 03 04 01 00'))],
    ['a context tag for a universal one', () => readInteger(parsed('82 01 00'))],
    ['a BOOLEAN that is neither 00 nor FF', () => readBoolean(parsed('01 01 01'))],
    ['a BOOLEAN of two octets', () => readBoolean(parsed('01 02 ff ff'))],
    ['an empty BOOLEAN', () => readBoolean(parsed('01 00'))],
    ['an empty INTEGER', () => readInteger(parsed('02 00'))],
    ['a padded INTEGER', () => readInteger(parsed('02 02 00 01'))],
    ['a padded ENUMERATED', () => readEnumerated(parsed('0a 02 00 01'))],
    ['an INTEGER for an ENUMERATED', () => readEnumerated(smallInteger(1))],
    ['an empty BIT STRING', () => readBitString(parsed('03 00'))],
    ['a BIT STRING with eight unused bits', () => readBitString(parsed('03 02 08 00'))],
    ['a BIT STRING with unused bits of nothing', () => readBitString(parsed('03 01 01'))],
    ['a BIT STRING with unused bits that are set', () => readBitString(parsed('03 02 01 07'))],
    ['a BIT STRING without octets for a key', () => readOctets(parsed('03 00'))],
    ['a BIT STRING with unused bits for a key', () => readOctets(parsed('03 02 01 06'))],
    ['an OCTET STRING for a key', () => readOctets(parsed('04 02 00 06'))],
    ['a SEQUENCE for a SET', () => readSet(sequence())],
    ['an empty OBJECT IDENTIFIER', () => readOid(parsed('06 00'))],
    ['an arc that is padded', () => readOid(parsed('06 04 55 1d 80 0f'))],
    ['a first arc that is padded', () => readOid(parsed('06 04 80 55 1d 0f'))],
    ['an arc of 2^32 + 15, which aliases 15', () => readOid(parsed('06 07 55 1d 90 80 80 80 0f'))],
    ['an arc of 2^64 + 15', () => readOid(parsed('06 0c 55 1d 82 80 80 80 80 80 80 80 80 0f'))],
    ['an arc that is cut off', () => readOid(parsed('06 03 55 1d 8f'))],
  ]
  for (const [title, read] of refused) {
    test(`${title} is refused`, () => {
      expect(read).toThrow(DerError)
    })
  }
})

const octets = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))

/** To node-forge 30 is a BMPString in any class, which cannot have every content. */
const contextTag = fc.nat(29)

const leaf = fc.oneof(
  octets.map(octetString),
  octets.map((content) => bitString(content)),
  fc.boolean().map(boolean),
  fc.string({ unit: 'binary', maxLength: 20 }).map(utf8String),
  fc.integer({ min: 0, max: 127 }).map(smallInteger),
  fc.tuple(contextTag, octets).map(([tag, content]) => contextPrimitive(tag, content)),
)

const { tree } = fc.letrec<{ tree: DerNode }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }).map((children) => sequence(...children)),
    fc.array(tie('tree'), { maxLength: 4 }).map((children) => contextConstructed(3, ...children)),
  ),
}))

const mutatedEncoding = fc.tuple(tree, fc.nat(), fc.nat(255)).map(([node, position, octet]) => {
  const encoding = encodeDer(node)
  encoding[position % encoding.length] = octet
  return encoding
})

/** What stands before the octet of a short length: most often nothing, as is right. */
const lengthForm = fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, fc.constantFrom([0x81], [0x82, 0x00], [0x80]))

/** Values of any tag, as most parsers would take them. */
const { anyEncoding } = fc.letrec<{ anyEncoding: Uint8Array }>((tie) => ({
  anyEncoding: fc
    .tuple(
      fc.nat(255),
      fc.oneof(
        { maxDepth: 5 },
        fc.array(fc.oneof(fc.constantFrom(0x00, 0x7f, 0x80, 0xff), fc.nat(255)), { maxLength: 3 }).map(Buffer.from),
        fc.array(tie('anyEncoding'), { maxLength: 3 }).map((values) => Buffer.concat(values)),
      ),
      lengthForm,
    )
    .map(([tag, content, form]) => Buffer.concat([Buffer.of(tag, ...form, content.length), content])),
}))

function parsedOrRefused(input: Uint8Array): DerNode | undefined {
  try {
    return parseDer(input)
  } catch (error) {
    expect(error).toBeInstanceOf(DerError)
    return undefined
  }
}
