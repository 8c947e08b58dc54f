import { type KeyObject, X509Certificate } from 'node:crypto'
import { DerError, type DerNode, parseDer } from '../core/der.ts'
import {
  readBitString,
  readBoolean,
  readContext,
  readInteger,
  readOctetString,
  readOid,
  readSequence,
  readTime,
} from '../core/der-reader.ts'
import { messageOf } from '../core/errors.ts'

/**
 * What an X.509 certificate says, read from its DER.
 * `node:crypto` parses it too and keeps the key, but its text forms of names and usages
 * are lossy (a comma in a SAN, key usage and extended key usage mixed up).
 */
export interface Certificate {
  readonly x509: X509Certificate
  readonly der: Buffer
  readonly publicKey: KeyObject
  /** 1 to 3 for those that the standard knows. */
  readonly version: number
  /** Content octets of the INTEGER, in lowercase hex. */
  readonly serialNumber: string
  /** Milliseconds since 1970. Valid in that second and after. */
  readonly notBefore: number
  /** Milliseconds since 1970. Valid up to the end of that second. */
  readonly notAfter: number
  readonly isSubjectEmpty: boolean
  readonly basicConstraints: BasicConstraints | undefined
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined
  /** Object identifiers. */
  readonly extendedKeyUsage: readonly string[] | undefined
  readonly names: SubjectAlternativeNames
  /** In lowercase hex. */
  readonly subjectKeyId: string | undefined
  /** In lowercase hex. */
  readonly authorityKeyId: string | undefined
  /** Object identifier of each extension, and whether it is critical. */
  readonly extensions: ReadonlyMap<string, { readonly critical: boolean }>
}

export interface BasicConstraints {
  readonly isCa: boolean
  readonly pathLength: number | undefined
}

export interface SubjectAlternativeNames {
  readonly uris: readonly string[]
  readonly dnsNames: readonly string[]
  /** Names of other kinds: mail addresses, IP addresses and the like. */
  readonly otherCount: number
}

/** By bit position, RFC 5280 section 4.2.1.3. */
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

export type KeyUsage = (typeof KEY_USAGES)[number]

/** Object identifiers of extensions (RFC 5280 section 4.2) and of key purposes. */
export const Oid = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

/** GeneralName choices, RFC 5280 section 4.2.1.6. */
export const GeneralName = { dns: 2, uri: 6 } as const

/**
 * Reads a certificate. Checks its form only: not its signature, its dates or its purpose.
 * @throws DerError for what is not a well-formed certificate, or has an extension twice
 */
export function parseCertificate(der: Uint8Array): Certificate {
  const bytes = Buffer.from(der)
  const x509 = parseWithNode(bytes)
  const [tbs] = readSequence(parseDer(bytes))
  const fields = [...readSequence(tbs)]
  const version = fields[0]?.tagClass === 'context' ? readVersion(fields.shift()) : 1
  const [serialNumber, , , validity, subject, , ...optional] = fields
  const [notBefore, notAfter] = readSequence(validity)
  const values = readExtensions(optional.find((field) => field.tagClass === 'context' && field.tag === 3))

  return {
    x509,
    der: bytes,
    publicKey: readPublicKey(x509),
    version,
    serialNumber: readInteger(serialNumber).toString('hex'),
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter) + 999,
    isSubjectEmpty: readSequence(subject).length === 0,
    basicConstraints: values.read(Oid.basicConstraints, readBasicConstraints),
    keyUsage: values.read(Oid.keyUsage, readKeyUsage),
    extendedKeyUsage: values.read(Oid.extendedKeyUsage, (node) => nonEmpty(readSequence(node)).map(readOid)),
    names: values.read(Oid.subjectAltName, readNames) ?? { uris: [], dnsNames: [], otherCount: 0 },
    subjectKeyId: values.read(Oid.subjectKeyId, (node) => readOctetString(node).toString('hex')),
    authorityKeyId: values.read(Oid.authorityKeyId, readAuthorityKeyId),
    extensions: values.criticality,
  }
}

function parseWithNode(bytes: Buffer): X509Certificate {
  try {
    return new X509Certificate(bytes)
  } catch (error) {
    throw new DerError(`not a certificate: ${messageOf(error)}`)
  }
}

function readPublicKey(x509: X509Certificate): KeyObject {
  try {
    return x509.publicKey
  } catch {
    throw new DerError('the public key cannot be read')
  }
}

function readVersion(node: DerNode | undefined): number {
  const [version] = readContext(node, 0)
  const octets = readInteger(version)
  return octets.length === 1 ? (octets[0] ?? 0) + 1 : 0
}

interface Extensions {
  readonly criticality: ReadonlyMap<string, { readonly critical: boolean }>
  read<Value>(oid: string, reader: (node: DerNode) => Value): Value | undefined
}

function readExtensions(node: DerNode | undefined): Extensions {
  const criticality = new Map<string, { critical: boolean }>()
  const values = new Map<string, Buffer>()
  const extensions = node === undefined ? [] : nonEmpty(readSequence(readContext(node, 3)[0]))
  for (const extension of extensions) {
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

function readBasicConstraints(node: DerNode): BasicConstraints {
  const [first, second] = readSequence(node)
  if (first === undefined) return { isCa: false, pathLength: undefined }
  return { isCa: readBoolean(first), pathLength: second === undefined ? undefined : readInteger(second)[0] }
}

function readKeyUsage(node: DerNode): ReadonlySet<KeyUsage> {
  const bits = readBitString(node)
  return new Set(KEY_USAGES.filter((_, position) => isBitSet(bits, position)))
}

function isBitSet(bits: Buffer, position: number): boolean {
  return ((bits[position >> 3] ?? 0) & (0x80 >> (position & 7))) !== 0
}

function readNames(node: DerNode): SubjectAlternativeNames {
  const names = nonEmpty(readSequence(node))
  const textsOf = (tag: number) => names.filter((name) => isName(name, tag)).map((name) => asciiOf(name))
  const uris = textsOf(GeneralName.uri)
  const dnsNames = textsOf(GeneralName.dns)
  return { uris, dnsNames, otherCount: names.length - uris.length - dnsNames.length }
}

function isName(name: DerNode, tag: number): boolean {
  return name.tagClass === 'context' && name.tag === tag
}

function asciiOf(name: DerNode): string {
  const text = name.bytes?.toString('latin1') ?? ''
  if (!/^[\x21-\x7e]+$/.test(text)) throw new DerError('a subject alternative name is not plain ASCII text')
  return text
}

function readAuthorityKeyId(node: DerNode): string | undefined {
  const keyId = readSequence(node).find((field) => field.tagClass === 'context' && field.tag === 0)
  return keyId?.bytes?.toString('hex')
}

function nonEmpty(nodes: readonly DerNode[]): readonly DerNode[] {
  if (nodes.length === 0) throw new DerError('an extension holds an empty list')
  return nodes
}
