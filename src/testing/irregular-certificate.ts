import type { KeyObject } from 'node:crypto'
import { tbsCertificate } from '../ca/certificate/tbs-certificate.ts'
import type { CertificateTemplate } from '../ca/certificate/template.ts'
import type { DerNode } from '../core/der-node.ts'
import { readOid, readSequence } from '../core/der-reader.ts'
import { contextConstructed, sequence } from '../core/der-writer.ts'
import { signValue } from '../identity/signed-value.ts'

/** How a certificate differs from what its template says, where no template can say it. */
export interface Irregularity {
  /** By object identifier: what stands in the place of an extension; undefined leaves it out. */
  readonly extensions?: Readonly<Record<string, DerNode | undefined>>
  /** By position in TBSCertificate: what stands in the place of a field; undefined leaves it out. */
  readonly fields?: Readonly<Record<number, DerNode | undefined>>
}

/** Positions in the TBSCertificate of version 3 (RFC 5280 section 4.1). */
export const Field = { version: 0, serialNumber: 1, validity: 4, subject: 5, publicKey: 6, extensions: 7 } as const

/** A certificate in DER, signed whatever it says. */
export function signIrregular(
  template: CertificateTemplate,
  signingKey: KeyObject,
  { extensions = {}, fields = {} }: Irregularity = {},
): Buffer {
  const original = readSequence(tbsCertificate(template))
  const varied = original
    .with(Field.extensions, varyExtensions(original[Field.extensions], extensions))
    .map((field, position) => (position in fields ? fields[position] : field))
    .filter((field) => field !== undefined)
  return signValue(sequence(...varied), signingKey)
}

function varyExtensions(node: DerNode | undefined, variations: Readonly<Record<string, DerNode | undefined>>): DerNode {
  const originals = readSequence(node?.children?.[0])
  const byOid = new Map<string, DerNode | undefined>(originals.map((original) => [oidOf(original), original]))
  for (const [oid, variation] of Object.entries(variations)) byOid.set(oid, variation)
  return contextConstructed(3, sequence(...[...byOid.values()].filter((extension) => extension !== undefined)))
}

function oidOf(extension: DerNode): string {
  return readOid(readSequence(extension)[0])
}
