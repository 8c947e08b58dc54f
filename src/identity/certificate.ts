import { type KeyObject, X509Certificate } from 'node:crypto'
import { parseDer } from '../core/der.ts'
import { DerError, type DerNode } from '../core/der-node.ts'
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
import { NO_EXTENSIONS, nonEmpty, readAuthorityKeyId, readExtensions } from './extensions.ts'

/**
 * What an X.509 certificate says, read from its DER.
 * `node:crypto` parses it too and keeps the key, but its text forms of names and usages
 * are lossy (a comma in a SAN, key usage and extended key usage mixed up).
 */
export interface Certificate {
  readonly x509: X509Certificate
  readonly der: Buffer
  readonly publicKey: KeyObject
  /** The SubjectPublicKeyInfo, as it stands there. */
  readonly publicKeyInfo: DerNode
  /** 1 to 3 for those that the standard knows. */
  readonly version: number
  /** Content octets of the INTEGER, in lowercase hex. */
  readonly serialNumber: string
  /** Milliseconds since 1970. Valid in that second and after. */
  readonly notBefore: number
  /** Milliseconds since 1970. Valid up to the end of that second. */
  readonly notAfter: number
  /** The issuer's name, as it stands there. */
  readonly issuer: DerNode
  /** The name, as it stands there: an issuer is found by comparing names byte for byte (RFC 5280 section 6.1.3). */
  readonly subject: DerNode
  readonly isSubjectEmpty: boolean
  readonly basicConstraints: BasicConstraints | undefined
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined
  /** Object identifiers. */
  readonly extendedKeyUsage: readonly string[] | undefined
  readonly names: SubjectAlternativeNames
  readonly nameConstraints: NameConstraints | undefined
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

/** Which names the certificates below that of a CA may have (RFC 5280 section 4.2.1.10). */
export interface NameConstraints {
  /** Hosts: `shop.internal`, or `.shop.internal` for all below it. */
  readonly permittedUris: readonly string[]
  /** Hosts, as those that are permitted. */
  readonly excludedUris: readonly string[]
  /** Constraints on names of other kinds. */
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
  const [serialNumber, , issuer, validity, subject, publicKeyInfo, ...optional] = fields
  if (issuer === undefined || subject === undefined || publicKeyInfo === undefined) {
    throw new DerError('a certificate lacks its issuer, its subject or its key')
  }
  const [notBefore, notAfter] = readSequence(validity)
  const extensions = optional.find((field) => field.tagClass === 'context' && field.tag === 3)
  const values = extensions === undefined ? NO_EXTENSIONS : readExtensions(readContext(extensions, 3)[0])

  return {
    x509,
    der: bytes,
    publicKey: readPublicKey(x509),
    publicKeyInfo,
    version,
    serialNumber: readInteger(serialNumber).toString('hex'),
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter) + 999,
    issuer,
    subject,
    isSubjectEmpty: readSequence(subject).length === 0,
    basicConstraints: values.read(Oid.basicConstraints, readBasicConstraints),
    keyUsage: values.read(Oid.keyUsage, readKeyUsage),
    extendedKeyUsage: values.read(Oid.extendedKeyUsage, (node) => nonEmpty(readSequence(node)).map(readOid)),
    names: values.read(Oid.subjectAltName, readNames) ?? { uris: [], dnsNames: [], otherCount: 0 },
    nameConstraints: values.read(Oid.nameConstraints, readNameConstraints),
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

function readBasicConstraints(node: DerNode): BasicConstraints {
  const [first, second] = readSequence(node)
  if (first === undefined) return { isCa: false, pathLength: undefined }
  return { isCa: readBoolean(first), pathLength: second === undefined ? undefined : readPathLength(second) }
}

const MAX_PATH_LENGTH_OCTETS = 2

function readPathLength(node: DerNode): number {
  const octets = readInteger(node)
  const [first = 0] = octets
  if (first > 0x7f || octets.length > MAX_PATH_LENGTH_OCTETS) throw new DerError('a path length is out of range')
  return octets.readUIntBE(0, octets.length)
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
  if (!/^[\x21-\x7e]+$/.test(text)) throw new DerError('a name is not plain ASCII text')
  return text
}

function readNameConstraints(node: DerNode): NameConstraints {
  const fields = readSequence(node)
  const tags = fields.map(({ tagClass, tag }) => (tagClass === 'context' ? tag : tagClass)).join()
  if (!['0', '1', '0,1'].includes(tags)) throw new DerError('name constraints are neither permitted nor excluded names')
  const basesOf = (tag: number) => fields.filter((field) => field.tag === tag).flatMap((field) => readBases(field, tag))
  const [permitted, excluded] = [basesOf(0), basesOf(1)]
  const urisOf = (bases: readonly DerNode[]) => bases.filter((base) => isName(base, GeneralName.uri)).map(asciiOf)
  const [permittedUris, excludedUris] = [urisOf(permitted), urisOf(excluded)]
  const otherCount = permitted.length + excluded.length - permittedUris.length - excludedUris.length
  return { permittedUris, excludedUris, otherCount }
}

/** The names of GeneralSubtrees, without the bounds that no certificate may set. */
function readBases(subtrees: DerNode, tag: number): readonly DerNode[] {
  return nonEmpty(readContext(subtrees, tag)).map((subtree) => {
    const [base, ...bounds] = readSequence(subtree)
    if (base === undefined || bounds.length > 0) throw new DerError('a name constraint is not one name')
    return base
  })
}
