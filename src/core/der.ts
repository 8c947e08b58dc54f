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
  enumerated: 10,
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
  const text = Buffer.from(bytes).toString('latin1')
  const node = parseWithForge(text)
  // node-forge accepts BER here and there: whatever does not encode back to itself is not DER.
  if (asn1.toDer(node).getBytes() !== text)
    throw new DerError('not in DER: the value has a shorter or another encoding')
  return fromForge(node)
}

export function encodeDer(node: DerNode): Buffer {
  return Buffer.from(asn1.toDer(toForge(node)).getBytes(), 'latin1')
}

/** A SEQUENCE of values that are encoded already: they go into it byte for byte. */
export function encodeSequence(values: readonly Uint8Array[]): Buffer {
  // To node-forge, a primitive value whose tag has the bit that says "constructed".
  return encodeDer({ tagClass: 'universal', tag: CONSTRUCTED | Tag.sequence, bytes: Buffer.concat(values) })
}

type ForgeNode = ReturnType<typeof asn1.fromDer>

const CONSTRUCTED = 0x20

const CLASS_NUMBER: Record<TagClass, number> = { universal: 0x00, context: 0x80 }

function parseWithForge(text: string): ForgeNode {
  try {
    return asn1.fromDer(text, {
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
  // Of a greater tag, which stands in octets of its own, node-forge reads the first one as the length.
  if (node.type === GREATER_TAG) throw new DerError('a tag is greater than any that certificates use')
  if (tagClass === 'universal' && isList(node.type) !== node.constructed) {
    throw new DerError('not in DER: a list is not in parts, or what is no list is')
  }
  if (typeof node.value === 'string') return { tagClass, tag: node.type, bytes: bytesOf(node.type, node.value) }
  return { tagClass, tag: node.type, children: node.value.map(fromForge) }
}

const GREATER_TAG = 31

/** To node-forge, the content of this tag is a text of 16-bit characters, where that of others is one of octets. */
const BMP_STRING = 30

function bytesOf(tag: number, text: string): Buffer {
  return tag === BMP_STRING ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text, 'latin1')
}

function textOf(tag: number, bytes: Buffer): string {
  return tag === BMP_STRING ? Buffer.from(bytes).swap16().toString('utf16le') : bytes.toString('latin1')
}

/** What has parts: DER cuts no string into pieces (X.690 section 10.2). */
function isList(tag: number): boolean {
  return tag === Tag.sequence || tag === Tag.set
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
    value: node.children === undefined ? textOf(node.tag, contentOf(node)) : node.children.map(toForge),
  }
}

/** The content octets of a primitive value. */
export function contentOf(node: DerNode): Buffer {
  if (node.bytes === undefined) throw new DerError('a primitive value was expected')
  return node.bytes
}

/** The content octets of an OBJECT IDENTIFIER, from the dotted form that the source has of it. */
export function encodeOid(text: string): Buffer {
  const known = encodedOids.get(text)
  if (known !== undefined) return known
  const octets = asn1.oidToDer(text).getBytes()
  const bytes = Buffer.from(octets, 'latin1')
  encodedOids.set(text, bytes)
  decodedOids.set(octets, decodeUnknownOid(octets))
  return bytes
}

/** The few identifiers that are written here, which are those that are read most: both ways, each computed once. */
const encodedOids = new Map<string, Buffer>()
const decodedOids = new Map<string, string>()

/**
 * An OBJECT IDENTIFIER in dotted form, from its content octets.
 * @throws DerError for padding and for arcs beyond 32 bits: both would alias another identifier
 */
export function decodeOid(bytes: Buffer): string {
  const octets = bytes.toString('latin1')
  return decodedOids.get(octets) ?? decodeUnknownOid(octets)
}

function decodeUnknownOid(octets: string): string {
  try {
    const text = asn1.derToOid(octets)
    if (asn1.oidToDer(text).getBytes() === octets) return text
  } catch {
    // as below
  }
  throw new DerError('an OBJECT IDENTIFIER is out of range')
}
