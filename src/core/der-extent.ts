/** How far a DER value reaches. */
export interface DerExtent {
  /** Tag and length. */
  readonly headerLength: number
  /** Header and content. */
  readonly length: number
}

const MAX_LENGTH_OCTETS = 4

/**
 * How far the DER value says to reach with which `bytes` begin: they may be fewer, or more. Undefined for what no value
 * of a tag below 31 begins with.
 */
export function derExtentOf(bytes: Uint8Array): DerExtent | undefined {
  const [, first = 0x80] = bytes
  if (first < 0x80) return { headerLength: 2, length: 2 + first }
  const octets = bytes.subarray(2, 2 + (first & 0x7f))
  if (octets.length !== (first & 0x7f) || octets.length === 0 || octets.length > MAX_LENGTH_OCTETS) return undefined
  const headerLength = 2 + octets.length
  return { headerLength, length: headerLength + octets.reduce((length, octet) => length * 256 + octet, 0) }
}

/** The first value in a SEQUENCE, byte for byte: where a signature follows it, what is signed. */
export function firstValueOf(sequence: Buffer): Buffer {
  const content = sequence.subarray(derExtentOf(sequence)?.headerLength)
  return content.subarray(0, derExtentOf(content)?.length)
}
