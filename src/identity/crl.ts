import { type KeyObject, verify } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { parseDer } from '../core/der.ts'
import { firstValueOf } from '../core/der-extent.ts'
import { DerError, type DerNode, Tag } from '../core/der-node.ts'
import { readContext, readEnumerated, readInteger, readOctets, readSequence, readTime } from '../core/der-reader.ts'
import { NO_EXTENSIONS, readAuthorityKeyId, readExtensions } from './extensions.ts'
import { isP256 } from './key-pair.ts'

/** What a certificate revocation list says, read from its DER: `node:crypto` reads none. */
export interface Crl {
  readonly der: Buffer
  /** 1 or 2 for those that the standard knows. */
  readonly version: number
  /** AlgorithmIdentifier, as it stands there. */
  readonly signatureAlgorithm: DerNode
  /** The name, as it stands there. */
  readonly issuer: DerNode
  /** Milliseconds since 1970. */
  readonly thisUpdate: number
  /** Milliseconds since 1970. */
  readonly nextUpdate: number | undefined
  readonly entries: readonly CrlEntry[]
  readonly number: bigint | undefined
  /** In lowercase hex. */
  readonly authorityKeyId: string | undefined
  /** Object identifier of each extension, and whether it is critical. */
  readonly extensions: ReadonlyMap<string, { readonly critical: boolean }>
  /** What is signed, in DER. */
  readonly tbs: Buffer
  readonly signature: Buffer
}

export interface CrlEntry {
  /** Content octets of the INTEGER, in lowercase hex. */
  readonly serialNumber: string
  /** Milliseconds since 1970. */
  readonly revokedAt: number
  /** CRLReason, RFC 5280 section 5.3.1. */
  readonly reasonCode: number | undefined
  /** Object identifier of each extension, and whether it is critical. */
  readonly extensions: ReadonlyMap<string, { readonly critical: boolean }>
}

/** Object identifiers of extensions of a CRL and of its entries (RFC 5280 sections 5.2 and 5.3). */
export const CrlOid = {
  number: '2.5.29.20',
  reasonCode: '2.5.29.21',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  authorityKeyId: '2.5.29.35',
} as const

/**
 * Reads a CRL. Checks its form only: not its signature, its dates, or who issued it.
 * @throws DerError for what is not a well-formed CRL
 * @see RFC 5280 section 5.1
 */
export function parseCrl(der: Uint8Array): Crl {
  const bytes = Buffer.from(der)
  const [tbs, algorithm, signature, ...others] = readSequence(parseDer(bytes))
  const fields = [...readSequence(tbs)]
  const version = fields[0]?.tag === Tag.integer ? readVersion(fields.shift()) : 1
  const [innerAlgorithm, issuer, thisUpdate] = fields.splice(0, 3)
  const nextUpdate = isTime(fields[0]) ? readTime(fields.shift()) : undefined
  const entries = fields[0]?.tagClass === 'universal' ? readEntries(fields.shift()) : []
  const list = fields.shift()
  const values = list === undefined ? NO_EXTENSIONS : readExtensions(readContext(list, 0)[0])
  if (issuer === undefined || readSequence(issuer).length === 0) {
    throw new DerError('a CRL does not name its issuer')
  }
  if (fields.length + others.length > 0) throw new DerError('a CRL has a field more than the standard knows')

  return {
    der: bytes,
    version,
    signatureAlgorithm: readAlgorithm(innerAlgorithm, algorithm),
    issuer,
    thisUpdate: readTime(thisUpdate),
    nextUpdate,
    entries,
    number: values.read(CrlOid.number, readNumber),
    authorityKeyId: values.read(CrlOid.authorityKeyId, readAuthorityKeyId),
    extensions: values.criticality,
    tbs: firstValueOf(bytes),
    signature: readOctets(signature),
  }
}

/** Whether the key signed the CRL, with ECDSA on P-256 and SHA-256. */
export function isCrlSignedBy({ tbs, signature }: Crl, publicKey: KeyObject): boolean {
  return isP256(publicKey) && verify('sha256', tbs, { key: publicKey, dsaEncoding: 'der' }, signature)
}

function isTime(node: DerNode | undefined): boolean {
  return node?.tagClass === 'universal' && (node.tag === Tag.utcTime || node.tag === Tag.generalizedTime)
}

function readVersion(node: DerNode | undefined): number {
  const octets = readInteger(node)
  return octets.length === 1 ? (octets[0] ?? 0) + 1 : 0
}

/** The signed name of the algorithm and the unsigned one are the same (RFC 5280 section 5.1.1.2). */
function readAlgorithm(signed: DerNode | undefined, unsigned: DerNode | undefined): DerNode {
  if (signed === undefined || !isDeepStrictEqual(signed, unsigned)) {
    throw new DerError('a CRL names two signature algorithms')
  }
  return signed
}

function readEntries(node: DerNode | undefined): readonly CrlEntry[] {
  const entries = readSequence(node)
  if (entries.length === 0) throw new DerError('a CRL has a list of entries that is empty')
  return entries.map(readEntry)
}

function readEntry(node: DerNode): CrlEntry {
  const [serialNumber, revokedAt, list, ...others] = readSequence(node)
  if (others.length > 0) throw new DerError('an entry of a CRL has a field more than the standard knows')
  const values = list === undefined ? NO_EXTENSIONS : readExtensions(list)
  return {
    serialNumber: readInteger(serialNumber).toString('hex'),
    revokedAt: readTime(revokedAt),
    reasonCode: values.read(CrlOid.reasonCode, readReasonCode),
    extensions: values.criticality,
  }
}

function readReasonCode(node: DerNode): number {
  const [code = 0, ...others] = readEnumerated(node)
  if (code > 0x7f || others.length > 0) throw new DerError('a reason for a revocation is out of range')
  return code
}

function readNumber(node: DerNode): bigint {
  const octets = readInteger(node)
  if ((octets[0] ?? 0) > 0x7f) throw new DerError('the number of a CRL is negative')
  return BigInt(`0x${octets.toString('hex')}`)
}
