import { CLASS_BITS, contentOf, type DerNode, Tag } from './der-node.ts'

/** The bytes of a value in DER. */
export function encodeDer(node: DerNode): Buffer {
  const bytes = Buffer.allocUnsafe(lengthOf(node))
  writeBefore(bytes.length, node, bytes)
  return bytes
}

/** A SEQUENCE of values that are encoded already: they go into it byte for byte. */
export function encodeSequence(values: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(values)
  const header = Buffer.allocUnsafe(headerLengthOf(content.length))
  writeHeaderBefore(header.length, SEQUENCE, content.length, header)
  return Buffer.concat([header, content])
}

const CONSTRUCTED = 0x20
const SEQUENCE = CLASS_BITS.universal | CONSTRUCTED | Tag.sequence

/** Lengths below it stand in the one octet; others follow it in as few octets as hold them (X.690 section 10.1). */
const LONG_FORM = 0x80

function lengthOf(node: DerNode): number {
  const length = contentLengthOf(node)
  return headerLengthOf(length) + length
}

function contentLengthOf(node: DerNode): number {
  if (node.children === undefined) return contentOf(node).length
  let length = 0
  for (const child of node.children) length += lengthOf(child)
  return length
}

function headerLengthOf(contentLength: number): number {
  return contentLength < LONG_FORM ? 2 : 2 + octetCountOf(contentLength)
}

function octetCountOf(length: number): number {
  const bitCount = 32 - Math.clz32(length)
  return Math.ceil(bitCount / 8)
}

/**
 * A length stands before what it counts, so that values are written from the end: it is known by then.
 * @returns where the value starts
 */
function writeBefore(end: number, node: DerNode, bytes: Buffer): number {
  const tag = CLASS_BITS[node.tagClass] | node.tag
  if (node.children !== undefined) {
    const start = node.children.reduceRight((next, child) => writeBefore(next, child, bytes), end)
    return writeHeaderBefore(start, tag | CONSTRUCTED, end - start, bytes)
  }
  const content = contentOf(node)
  const start = end - content.length
  bytes.set(content, start)
  return writeHeaderBefore(start, tag, content.length, bytes)
}

function writeHeaderBefore(end: number, tag: number, contentLength: number, bytes: Buffer): number {
  const start = end - headerLengthOf(contentLength)
  bytes[start] = tag
  if (contentLength < LONG_FORM) {
    bytes[start + 1] = contentLength
    return start
  }
  const count = octetCountOf(contentLength)
  bytes[start + 1] = LONG_FORM | count
  bytes.writeUIntBE(contentLength, start + 2, count)
  return start
}
