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

/** The content octets of a primitive value. */
export function contentOf(node: DerNode): Buffer {
  if (node.bytes === undefined) throw new DerError('a primitive value was expected')
  return node.bytes
}

/** The content octets of an OBJECT IDENTIFIER, from its dotted form. */
export function encodeOid(text: string): Buffer {
  return Buffer.from(asn1.oidToDer(text).getBytes(), 'latin1')
}

/**
 * An OBJECT IDENTIFIER in dotted form, from its content octets.
 * @throws DerError for padding and for arcs beyond 32 bits: both would alias another identifier
 */
export function decodeOid(bytes: Buffer): string {
  try {
    const text = asn1.derToOid(bytes.toString('latin1'))
    if (encodeOid(text).equals(bytes)) return text
  } catch {
    // as below
  }
  throw new DerError('an OBJECT IDENTIFIER is out of range')
}
