import { encodeOid } from './der.ts'
import { type DerNode, Tag } from './der-node.ts'

export const sequence = (...children: DerNode[]): DerNode => sequenceOf(children)

/** A SEQUENCE of as many values as there are: a call takes no more arguments than fit on the stack. */
export const sequenceOf = (children: readonly DerNode[]): DerNode => ({
  tagClass: 'universal',
  tag: Tag.sequence,
  children,
})

export const set = (...children: DerNode[]): DerNode => ({ tagClass: 'universal', tag: Tag.set, children })

export const boolean = (value: boolean): DerNode => primitive(Tag.boolean, Buffer.of(value ? 0xff : 0x00))

/** A non-negative INTEGER up to 127. */
export const smallInteger = (value: number): DerNode => primitive(Tag.integer, Buffer.of(value))

/** A non-negative INTEGER. */
export const integer = (value: bigint): DerNode => primitive(Tag.integer, octetsOf(value))

/** An INTEGER from its content octets, which the caller keeps minimal and positive. */
export const integerFromBytes = (bytes: Buffer): DerNode => primitive(Tag.integer, bytes)

/** An ENUMERATED up to 127. */
export const enumerated = (value: number): DerNode => primitive(Tag.enumerated, Buffer.of(value))

export const oid = (text: string): DerNode => primitive(Tag.oid, encodeOid(text))

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

/** In the fewest octets, of which the first has its top bit clear: it is the sign. */
function octetsOf(value: bigint): Buffer {
  const digits = value.toString(16)
  const hex = digits.padStart(digits.length + (digits.length % 2), '0')
  return Buffer.from(hex >= '8' ? `00${hex}` : hex, 'hex')
}

function primitive(tag: number, bytes: Buffer): DerNode {
  return { tagClass: 'universal', tag, bytes }
}
