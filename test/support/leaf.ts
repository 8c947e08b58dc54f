import { createHierarchy } from '../../src/ca/hierarchy.ts'
import { signCertificate } from '../../src/ca/issue.ts'
import { tbsCertificate } from '../../src/ca/tbs-certificate.ts'
import { type CertificateTemplate, leafTemplate } from '../../src/ca/template.ts'
import type { DerNode } from '../../src/core/der.ts'
import { readOid, readSequence } from '../../src/core/der-reader.ts'
import { contextConstructed, sequence } from '../../src/core/der-writer.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseServicePath, parseTrustDomain } from '../../src/identity/service-id.ts'

/** How a leaf differs from the valid one. */
export interface LeafVariation {
  readonly template?: Partial<CertificateTemplate>
  /** By object identifier: what stands in the place of an extension; undefined leaves it out. */
  readonly extensions?: Readonly<Record<string, DerNode | undefined>>
  /** By position in TBSCertificate: what stands in the place of a field; undefined leaves it out. */
  readonly fields?: Readonly<Record<number, DerNode | undefined>>
}

/** Positions in the TBSCertificate of version 3. */
export const Field = { version: 0, serialNumber: 1, validity: 4, subject: 5, publicKey: 6, extensions: 7 } as const

const trustDomain = parseTrustDomain('shop.internal')
const now = Date.UTC(2027, 0, 1)

export const { root, intermediate, intermediateKey } = createHierarchy(trustDomain, now)

/** The template of a valid leaf of `orders`, issued by `intermediate`. */
export const validTemplate: CertificateTemplate = leafTemplate(
  { trustDomain, path: parseServicePath('orders'), dnsNames: ['localhost'], publicKey: generateKeyPair().publicKey },
  intermediate,
  now,
)

/** A leaf in DER, signed by `intermediate` whatever it says. */
export function leafDer({ template = {}, extensions = {}, fields = {} }: LeafVariation = {}): Buffer {
  const original = readSequence(tbsCertificate({ ...validTemplate, ...template }))
  const withExtensions = original.with(Field.extensions, varyExtensions(original[Field.extensions], extensions))
  const all = withExtensions.map((field, position) => (position in fields ? fields[position] : field))
  return signCertificate(sequence(...all.filter((field) => field !== undefined)), intermediateKey)
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
