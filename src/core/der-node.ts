/**
 * Distinguished Encoding Rules (ITU-T X.690): values as trees of nodes.
 * A primitive node has `bytes`, a constructed one has `children`.
 */
export interface DerNode {
  readonly tagClass: TagClass
  /** Up to 30: greater ones stand in octets of their own, and certificates have none. */
  readonly tag: number
  readonly bytes?: Buffer
  readonly children?: readonly DerNode[]
}

export type TagClass = 'universal' | 'context'

/** The bits of a tag that tell its class. */
export const CLASS_BITS: Readonly<Record<TagClass, number>> = { universal: 0x00, context: 0x80 }

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

/** The content octets of a primitive value. */
export function contentOf(node: DerNode): Buffer {
  if (node.bytes === undefined) throw new DerError('a primitive value was expected')
  return node.bytes
}
