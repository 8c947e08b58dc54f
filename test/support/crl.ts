import { sign } from 'node:crypto'
import type { CrlRegister, RevokedEntry } from '../../src/ca/crl/crl-register.ts'
import { type CrlTemplate, tbsCertList } from '../../src/ca/crl/tbs-cert-list.ts'
import { encodeDer } from '../../src/core/der-encoder.ts'
import type { DerNode } from '../../src/core/der-node.ts'
import { readSequence } from '../../src/core/der-reader.ts'
import { bitString, contextConstructed, sequence, sequenceOf } from '../../src/core/der-writer.ts'
import { SIGNATURE_ALGORITHM } from '../../src/identity/signed-value.ts'
import { intermediate, intermediateKey } from './leaf.ts'

/** How a CRL differs from the valid one. */
export interface CrlVariation {
  readonly template?: Partial<CrlTemplate>
  /** By position in TBSCertList: what stands in the place of a field; undefined leaves it out. */
  readonly fields?: Readonly<Record<number, DerNode | undefined>>
  /** What stands in the place of all extensions. */
  readonly extensions?: readonly DerNode[]
  /** What stands in the place of all entries. */
  readonly entries?: readonly DerNode[]
  /** Of the signature, how many bits are said not to count. */
  readonly unusedBits?: number
  /** What stands beside the signature. */
  readonly algorithm?: DerNode
  /** What stands behind it. */
  readonly rest?: readonly DerNode[]
}

/** Positions in the TBSCertList of version 2, where something is revoked (RFC 5280 section 5.1). */
export const CrlField = {
  version: 0,
  algorithm: 1,
  issuer: 2,
  thisUpdate: 3,
  nextUpdate: 4,
  entries: 5,
  extensions: 6,
} as const

const thisUpdate = Date.UTC(2027, 0, 1)

export const revokedEntries: readonly RevokedEntry[] = [
  { serialNumber: '40'.repeat(16), reason: 'keyCompromise', revokedAt: thisUpdate - 3_600_000 },
  { serialNumber: '41'.repeat(16), reason: 'unspecified', revokedAt: thisUpdate - 60_000 },
]

/** The template of a valid CRL, issued by `intermediate`. */
export const validCrlTemplate: CrlTemplate = {
  number: 300,
  thisUpdate,
  nextUpdate: thisUpdate + 24 * 3_600_000,
  entries: revokedEntries,
}

/** A CRL in DER, signed by `intermediate` whatever it says. */
export function crlDer(variation: CrlVariation = {}): Buffer {
  const {
    template = {},
    fields = {},
    entries,
    extensions,
    algorithm = SIGNATURE_ALGORITHM,
    unusedBits = 0,
    rest = [],
  } = variation
  const given: CrlVariation['fields'] & object = {
    ...(entries && { [CrlField.entries]: sequenceOf(entries) }),
    ...(extensions && { [CrlField.extensions]: contextConstructed(0, sequenceOf(extensions)) }),
    ...fields,
  }
  const original = readSequence(
    tbsCertList({ ...validCrlTemplate, ...template }, intermediate.subject, intermediate.subjectKeyId ?? ''),
  )
  const varied = original
    .map((field, position) => (position in given ? given[position] : field))
    .filter((field) => field !== undefined)
  const tbs = sequenceOf(varied)
  const signature = signatureOf(tbs, unusedBits)
  return encodeDer(sequence(tbs, algorithm, bitString(signature, unusedBits), ...rest))
}

/** Whose last bits are clear, where they are said not to count. */
function signatureOf(tbs: DerNode, unusedBits: number): Buffer {
  const signature = sign('sha256', encodeDer(tbs), intermediateKey)
  const isClear = ((signature.at(-1) ?? 0) & ((1 << unusedBits) - 1)) === 0
  return isClear ? signature : signatureOf(tbs, unusedBits)
}

/** A register in memory, of which all certificates are of one issuer. */
export function memoryCrlRegister(revoked: readonly RevokedEntry[] = []): CrlRegister {
  let number = 0
  return {
    async next() {
      number += 1
      return { number, revoked }
    },
  }
}
