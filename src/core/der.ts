/// <reference path="./forge-asn1.d.ts" />
import asn1 from 'node-forge/lib/asn1.js'

/**
 * Distinguished Encoding Rules (ITU-T X.690): values as trees of nodes, to bytes and back.
 * A primitive node has `bytes`, a constructed one has `children`.
 */
export interface DerNode {
  readonly tagClass: TagClass
  readonly tag: number
  readonly bytes?: Buffer
  readonly children?: readonly DerNode[]
}

export type TagClass = 'universal' | 'context'

/** The bytes are not the DER that was expected. The message says where they differ, and repeats none of them. */
export class DerError extends Error {
  override readonly name = 'DerError'
}

export const Tag = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  oid: 6,
  utf8String: 12,
  sequence: 16,
  set: 17,
  utcTime: 23,
  generalizedTime: 24,
} as const

/** A certificate nests about nine levels; a bound keeps hostile input from recursing further. */
const MAX_DEPTH = 24

/**
 * Parses exactly one DER value.
 * @throws DerError for anything else: trailing bytes, other encodings of the same value, unknown tag classes
 */
export function parseDer(bytes: Uint8Array): DerNode {
  const buffer = Buffer.from(bytes)
  const node = fromForge(parseWithForge(buffer))
  // node-forge accepts BER here and there: whatever does not encode back to itself is not DER.
  if (!encodeDer(node).equals(buffer)) throw new DerError('not in DER: the value has a shorter or another encoding')
  return node
}

export function encodeDer(node: DerNode): Buffer {
  return Buffer.from(asn1.toDer(toForge(node)).getBytes(), 'latin1')
}

type ForgeNode = ReturnType<typeof asn1.fromDer>

const CLASS_NUMBER: Record<TagClass, number> = { universal: 0x00, context: 0x80 }

function parseWithForge(buffer: Buffer): ForgeNode {
  try {
    return asn1.fromDer(buffer.toString('latin1'), {
      strict: true,
      parseAllBytes: true,
      decodeBitStrings: false, // an ECDSA signature would be read as a nested value and lost
      maxDepth: MAX_DEPTH,
    })
  } catch {
    throw new DerError('not in DER: the bytes cannot be parsed')
  }
}

function fromForge(node: ForgeNode): DerNode {
  const tagClass = tagClassOf(node.tagClass)
  if (typeof node.value === 'string') return { tagClass, tag: node.type, bytes: Buffer.from(node.value, 'latin1') }
  return { tagClass, tag: node.type, children: node.value.map(fromForge) }
}

function tagClassOf(tagClass: number): TagClass {
  if (tagClass === CLASS_NUMBER.universal) return 'universal'
  if (tagClass === CLASS_NUMBER.context) return 'context'
  throw new DerError('a tag is of a class that certificates do not use')
}

function toForge(node: DerNode): ForgeNode {
  return {
    tagClass: CLASS_NUMBER[node.tagClass],
    type: node.tag,
    constructed: node.children !== undefined,
    composed: node.children !== undefined,
    value: node.children === undefined ? contentOf(node).toString('latin1') : node.children.map(toForge),
  }
}

function contentOf(node: DerNode): Buffer {
  if (node.bytes === undefined) throw new DerError('a primitive value was expected')
  return node.bytes
}

// Writing

export const sequence = (...children: DerNode[]): DerNode => ({ tagClass: 'universal', tag: Tag.sequence, children })

export const set = (...children: DerNode[]): DerNode => ({ tagClass: 'universal', tag: Tag.set, children })

export const boolean = (value: boolean): DerNode => primitive(Tag.boolean, Buffer.of(value ? 0xff : 0x00))

/** A small non-negative INTEGER. */
export const smallInteger = (value: number): DerNode => primitive(Tag.integer, Buffer.of(value))

/** An INTEGER from its content octets, which the caller keeps minimal and positive. */
export const integerFromBytes = (bytes: Buffer): DerNode => primitive(Tag.integer, bytes)

export const oid = (text: string): DerNode => primitive(Tag.oid, oidBytes(text))

export const utf8String = (text: string): DerNode => primitive(Tag.utf8String, Buffer.from(text, 'utf8'))

export const octetString = (bytes: Buffer): DerNode => primitive(Tag.octetString, bytes)

/** A BIT STRING whose last octet has `unusedBits` bits that do not count. */
export const bitString = (bytes: Buffer, unusedBits = 0): DerNode =>
  primitive(Tag.bitString, Buffer.concat([Buffer.of(unusedBits), bytes]))

/** An IMPLICIT context tag over a primitive value. */
export const contextPrimitive = (tag: number, bytes: Buffer): DerNode => ({ tagClass: 'context', tag, bytes })

/** An EXPLICIT context tag, or an IMPLICIT one over a constructed value. */
export const contextConstructed = (tag: number, ...children: DerNode[]): DerNode => ({
  tagClass: 'context',
  tag,
  children,
})

/** A time in whole seconds: UTCTime to the end of 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5). */
export function time(milliseconds: number): DerNode {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '')
  const isUtcTime = digits < '2050'
  return primitive(
    isUtcTime ? Tag.utcTime : Tag.generalizedTime,
    Buffer.from(isUtcTime ? digits.slice(2) : digits, 'latin1'),
  )
}

function primitive(tag: number, bytes: Buffer): DerNode {
  return { tagClass: 'universal', tag, bytes }
}

function oidBytes(text: string): Buffer {
  return Buffer.from(asn1.oidToDer(text).getBytes(), 'latin1')
}

// Reading

/** The children of a SEQUENCE. */
export function readSequence(node: DerNode | undefined): readonly DerNode[] {
  return readChildren(node, 'universal', Tag.sequence)
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

/** The content octets of an INTEGER: two's complement, in the fewest octets. */
export function readInteger(node: DerNode | undefined): Buffer {
  const bytes = readPrimitive(node, Tag.integer)
  const [first = -1, second = 0] = bytes
  const padded = bytes.length > 1 && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))
  if (bytes.length === 0 || padded) throw new DerError('an INTEGER is not in its shortest form')
  return bytes
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

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid(node: DerNode | undefined): string {
  const bytes = readPrimitive(node, Tag.oid)
  const text = decodeOid(bytes)
  // Padding and arcs beyond 32 bits would alias another identifier.
  if (text === undefined || !oidBytes(text).equals(bytes)) throw new DerError('an OBJECT IDENTIFIER is out of range')
  return text
}

function decodeOid(bytes: Buffer): string | undefined {
  try {
    const text = asn1.derToOid(bytes.toString('latin1'))
    oidBytes(text)
    return text
  } catch {
    return undefined
  }
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
