import { parseDer } from '../core/der.ts'
import { DerError, type DerNode } from '../core/der-node.ts'
import { readBoolean, readOctetString, readOid, readSequence } from '../core/der-reader.ts'

/** The extensions of a certificate, a certificate request, a CRL or an entry of one. */
export interface Extensions {
  /** By object identifier. */
  readonly criticality: ReadonlyMap<string, { readonly critical: boolean }>
  /** What `reader` makes of an extension's value; undefined where there is no such extension. */
  read<Value>(oid: string, reader: (node: DerNode) => Value): Value | undefined
}

export const NO_EXTENSIONS: Extensions = { criticality: new Map(), read: () => undefined }

/**
 * Reads a list of extensions (RFC 5280 section 4.1, Extensions).
 * @throws DerError for an empty list, and for one that has an extension twice
 */
export function readExtensions(list: DerNode | undefined): Extensions {
  const criticality = new Map<string, { critical: boolean }>()
  const values = new Map<string, Buffer>()
  for (const extension of nonEmpty(readSequence(list))) {
    const parts = readSequence(extension)
    if (parts.length > 3) throw new DerError('an extension has more than an identifier, critical and a value')
    const oid = readOid(parts[0])
    if (values.has(oid)) throw new DerError(`extension ${oid} stands twice`)
    const hasCritical = parts.length === 3
    criticality.set(oid, { critical: hasCritical && readBoolean(parts[1]) })
    values.set(oid, readOctetString(parts[hasCritical ? 2 : 1]))
  }
  return {
    criticality,
    read(oid, reader) {
      const bytes = values.get(oid)
      return bytes === undefined ? undefined : reader(parseDer(bytes))
    },
  }
}

/** The key identifier in an authority key identifier, in lowercase hex. */
export function readAuthorityKeyId(node: DerNode): string | undefined {
  const keyId = readSequence(node).find((field) => field.tagClass === 'context' && field.tag === 0)
  return keyId?.bytes?.toString('hex')
}

export function nonEmpty(nodes: readonly DerNode[]): readonly DerNode[] {
  if (nodes.length === 0) throw new DerError('an extension holds an empty list')
  return nodes
}
