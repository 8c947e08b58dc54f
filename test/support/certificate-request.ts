import { type KeyObject, sign } from 'node:crypto'
import { encodeDer } from '../../src/core/der-encoder.ts'
import type { DerNode } from '../../src/core/der-node.ts'
import {
  bitString,
  contextConstructed,
  oid,
  sequence,
  sequenceOf,
  set,
  smallInteger,
  utf8String,
} from '../../src/core/der-writer.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { subjectPublicKeyInfo } from '../../src/identity/public-key.ts'
import { SIGNATURE_ALGORITHM } from '../../src/identity/signed-value.ts'

/** How a request differs from the valid one. */
export interface RequestVariation {
  /** By position in CertificationRequestInfo: what stands in the place of a field; undefined leaves it out. */
  readonly fields?: Readonly<Record<number, DerNode | undefined>>
  /** What stands behind the fields. */
  readonly more?: readonly DerNode[]
  readonly signingKey?: KeyObject
  readonly algorithm?: DerNode
  /** What stands in the place of the signature's bytes. */
  readonly signature?: (signature: Buffer) => Buffer
  readonly unusedBits?: number
  /** What stands behind the signature. */
  readonly rest?: readonly DerNode[]
}

/** Positions in CertificationRequestInfo (RFC 2986 section 4.1). */
export const RequestField = { version: 0, subject: 1, publicKey: 2, attributes: 3 } as const

export const requester = generateKeyPair()

const COMMON_NAME = '2.5.4.3'
const CHALLENGE_PASSWORD = '1.2.840.113549.1.9.7'

/** A request in DER, signed by the requester whatever it says; the valid one has a subject and an attribute. */
export function requestDer({
  fields = {},
  more = [],
  signingKey = requester.privateKey,
  algorithm = SIGNATURE_ALGORITHM,
  signature = (original) => original,
  unusedBits = 0,
  rest = [],
}: RequestVariation = {}): Buffer {
  const original = [
    smallInteger(0),
    sequence(set(sequence(oid(COMMON_NAME), utf8String('orders')))),
    subjectPublicKeyInfo(requester.publicKey),
    attributes(sequence(oid(CHALLENGE_PASSWORD), set(utf8String('a challenge')))),
  ]
  const varied = original
    .map((field, position) => (position in fields ? fields[position] : field))
    .filter((field) => field !== undefined)
  const info = sequenceOf([...varied, ...more])
  const signed = sign('sha256', encodeDer(info), signingKey)
  return encodeDer(sequence(info, algorithm, bitString(signature(signed), unusedBits), ...rest))
}

/** The attributes of a request. */
export function attributes(...nodes: DerNode[]): DerNode {
  return contextConstructed(0, ...nodes)
}
