import type { DerNode } from '../../core/der-node.ts'
import {
  contextConstructed,
  contextPrimitive,
  enumerated,
  integer,
  integerFromBytes,
  sequence,
  sequenceOf,
  smallInteger,
  time,
} from '../../core/der-writer.ts'
import { CrlOid } from '../../identity/crl.ts'
import { SIGNATURE_ALGORITHM } from '../../identity/signed-value.ts'
import { extension } from '../certificate/tbs-certificate.ts'
import { REVOCATION_REASONS } from '../revocation.ts'
import type { RevokedEntry } from './crl-register.ts'

/** All that a CRL will say beside who issues it, before it is signed. */
export interface CrlTemplate {
  /** From 1 on, greater than that of any CRL of this issuer before. */
  readonly number: number
  /** Milliseconds since 1970; in seconds, as are all times of a CRL. */
  readonly thisUpdate: number
  /** Milliseconds since 1970. */
  readonly nextUpdate: number
  /** Each serial number once. */
  readonly entries: readonly RevokedEntry[]
}

const VERSION_2 = 1

/**
 * TBSCertList: what is signed, in the order of the standard.
 * @param issuer its name
 * @param issuerKeyId its subject key identifier, in lowercase hex
 * @see RFC 5280 section 5.1
 */
export function tbsCertList(template: CrlTemplate, issuer: DerNode, issuerKeyId: string): DerNode {
  const { entries, nextUpdate, number, thisUpdate } = template
  return sequence(
    smallInteger(VERSION_2),
    SIGNATURE_ALGORITHM,
    issuer,
    time(thisUpdate),
    time(nextUpdate),
    // Absent where nothing is revoked (section 5.1.2.6).
    ...(entries.length === 0 ? [] : [sequenceOf(entries.map(revokedCertificate))]),
    contextConstructed(0, sequence(authorityKeyId(issuerKeyId), crlNumber(number))),
  )
}

function revokedCertificate({ serialNumber, reason, revokedAt }: RevokedEntry): DerNode {
  const id = integerFromBytes(Buffer.from(serialNumber, 'hex'))
  const date = time(revokedAt)
  const code = REVOCATION_REASONS[reason]
  // Left out where it would say nothing (section 5.3.1).
  return code === REVOCATION_REASONS.unspecified ? sequence(id, date) : sequence(id, date, sequence(reasonCode(code)))
}

function reasonCode(code: number): DerNode {
  return extension(CrlOid.reasonCode, enumerated(code), { critical: false })
}

function authorityKeyId(keyId: string): DerNode {
  const value = sequence(contextPrimitive(0, Buffer.from(keyId, 'hex')))
  return extension(CrlOid.authorityKeyId, value, { critical: false })
}

function crlNumber(number: number): DerNode {
  return extension(CrlOid.number, integer(BigInt(number)), { critical: false })
}
