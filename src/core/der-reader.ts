import { decodeOid } from './der.ts'
import { contentOf, DerError, type DerNode, Tag, type TagClass } from './der-node.ts'

/** The children of a SEQUENCE. */
export function readSequence(node: DerNode | undefined): readonly DerNode[] {
  return readChildren(node, 'universal', Tag.sequence)
}

/** The children of a SET. */
export function readSet(node: DerNode | undefined): readonly DerNode[] {
  return readChildren(node, 'universal', Tag.set)
}

/** The children of a context tag. */
export function readContext(node: DerNode | undefined, tag: number): readonly DerNode[] {
  return readChildren(node, 'context', tag)
}

export function readBoolean(node: DerNode | undefined): boolean {
  const bytes = readPrimitive(node, Tag.boolean)
  if (bytes.length !== 1 || (bytes[0] !== 0x00 && bytes[0] !== 0xff))
    throw new DerError('a BOOLEAN is neither 00 nor FF')
  return bytes[0] === 0xff
}

/** The content octets of an INTEGER: two's complement, in the fewest octets, as `parseDer` has seen to. */
export function readInteger(node: DerNode | undefined): Buffer {
  return readPrimitive(node, Tag.integer)
}

/** The content octets of an ENUMERATED, as those of an INTEGER. */
export function readEnumerated(node: DerNode | undefined): Buffer {
  return readPrimitive(node, Tag.enumerated)
}

export function readOctetString(node: DerNode | undefined): Buffer {
  return readPrimitive(node, Tag.octetString)
}

/** The octets of a BIT STRING, after the count of unused bits has been checked to be honest. */
export function readBitString(node: DerNode | undefined): Buffer {
  const [unusedBits = -1, ...octets] = readPrimitive(node, Tag.bitString)
  const last = octets.at(-1) ?? 0
  const maximum = octets.length === 0 ? 0 : 7
  if (unusedBits < 0 || unusedBits > maximum || (last & ((1 << unusedBits) - 1)) !== 0) {
    throw new DerError('a BIT STRING has unused bits that are set')
  }
  return Buffer.from(octets)
}

/** The octets of a BIT STRING without unused bits: those of a key or a signature. */
export function readOctets(node: DerNode | undefined): Buffer {
  const bytes = readPrimitive(node, Tag.bitString)
  if (bytes[0] !== 0) throw new DerError('a BIT STRING does not end with a whole octet')
  return bytes.subarray(1)
}

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid(node: DerNode | undefined): string {
  return decodeOid(readPrimitive(node, Tag.oid))
}

const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/

/**
 * A time in the only forms that certificates may have: UTCTime or GeneralizedTime with seconds, `Z` and no fraction
 * (RFC 5280 section 4.1.2.5). In milliseconds since 1970. Node's own reading of what is not a date is not reliable.
 */
export function readTime(node: DerNode | undefined): number {
  const isUtcTime = node?.tag === Tag.utcTime
  const digits = readPrimitive(node, isUtcTime ? Tag.utcTime : Tag.generalizedTime).toString('latin1')
  const century = isUtcTime ? (digits < '5' ? '20' : '19') : ''
  const [, year, month, day, hour, minute, second] = TIME.exec(century + digits) ?? []
  const milliseconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`)
  // Date.parse takes 31 February as 3 March, and 24:00 as the next day.
  if (new Date(milliseconds).getUTCDate() !== Number(day)) throw new DerError('a time is not a date')
  return milliseconds
}

function readPrimitive(node: DerNode | undefined, tag: number): Buffer {
  if (node?.tagClass !== 'universal' || node.tag !== tag) throw new DerError('a value has another type than expected')
  return contentOf(node)
}

function readChildren(node: DerNode | undefined, tagClass: TagClass, tag: number): readonly DerNode[] {
  if (node?.tagClass !== tagClass || node.tag !== tag || node.children === undefined) {
    throw new DerError('a value has another type than expected')
  }
  return node.children
}
