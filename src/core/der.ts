/// <reference path="./forge-asn1.d.ts" />
import asn1 from 'node-forge/lib/asn1.js'
import { encodeDer } from './der-encoder.ts'
import { CLASS_BITS, DerError, type DerNode, Tag, type TagClass } from './der-node.ts'

/** A certificate nests about nine levels; a bound keeps hostile input from recursing further. */
const MAX_DEPTH = 24

/**
 * Parses exactly one DER value. What a BOOLEAN, a BIT STRING and an OBJECT IDENTIFIER hold is left to their readers, and
 * nobody looks at the order of a SET.
 * @throws DerError for anything else: trailing bytes, other encodings of the same value, tags that certificates do not use
 */
export function parseDer(bytes: Uint8Array): DerNode {
  const node = fromForge(parseWithForge(Buffer.from(bytes).toString('latin1')))
  // node-forge accepts BER here and there: whatever does not encode back to itself is not DER.
  if (!encodeDer(node).equals(bytes)) throw new DerError('not in DER: the value has a shorter or another encoding')
  return node
}

type ForgeNode = ReturnType<typeof asn1.fromDer>

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
  if (tagClass === 'universal' && node.type === END_OF_CONTENTS) {
    throw new DerError('not in DER: the end of a value of indefinite length')
  }
  if (tagClass === 'universal' && isList(node.type) !== node.constructed) {
    throw new DerError('not in DER: a list is not in parts, or what is no list is')
  }
  if (typeof node.value !== 'string') return { tagClass, tag: node.type, children: node.value.map(fromForge) }
  const bytes = bytesOf(node.type, node.value)
  if (tagClass === 'universal' && isNumber(node.type)) requireShortestForm(bytes)
  return { tagClass, tag: node.type, bytes }
}

const GREATER_TAG = 31
const END_OF_CONTENTS = 0

/** To node-forge, the content of this tag is a text of 16-bit characters, where that of others is one of octets. */
const BMP_STRING = 30

function bytesOf(tag: number, text: string): Buffer {
  return tag === BMP_STRING ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text, 'latin1')
}

/** What has parts: DER cuts no string into pieces (X.690 section 10.2). */
function isList(tag: number): boolean {
  return tag === Tag.sequence || tag === Tag.set
}

function isNumber(tag: number): boolean {
  return tag === Tag.integer || tag === Tag.enumerated
}

/** X.690 section 8.3.2: the first nine bits are neither all zero nor all one. */
function requireShortestForm(bytes: Buffer): void {
  const [first = -1, second = 0] = bytes
  const padded = bytes.length > 1 && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))
  if (bytes.length === 0 || padded) throw new DerError('not in DER: a number is not in its shortest form')
}

function tagClassOf(tagClass: number): TagClass {
  if (tagClass === CLASS_BITS.universal) return 'universal'
  if (tagClass === CLASS_BITS.context) return 'context'
  throw new DerError('a tag is of a class that certificates do not use')
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
