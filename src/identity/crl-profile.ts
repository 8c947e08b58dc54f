import { type Crl, type CrlEntry, CrlOid } from './crl.ts'
import { isSignatureAlgorithm } from './signed-value.ts'

const MAX_NUMBER_OCTETS = 20

/** In two's complement. */
const NEGATIVE = /^[89a-f]/

/** CRLReason: 7 is not used, and 8 (removeFromCRL) stands in delta CRLs only (RFC 5280 section 5.3.1). */
const REASON_CODES: ReadonlySet<number | undefined> = new Set([undefined, 0, 1, 2, 3, 4, 5, 6, 9, 10])

/**
 * Why a CRL is not a full one of its issuer as RFC 5280 wants it, in words; `undefined` where it is.
 * An indirect CRL, one of some reasons only, or a delta says other things with the same fields: its extensions are
 * refused, critical or not, and so is whatever else is critical. Does not check the signature, nor the dates against a clock.
 * @see RFC 5280 section 5
 */
export function crlProblem(crl: Crl): string | undefined {
  const { entries, extensions, nextUpdate, number, signatureAlgorithm, thisUpdate } = crl
  if (crl.version !== 2) return `version ${crl.version} instead of 2`
  if (!isSignatureAlgorithm(signatureAlgorithm)) return 'it is not signed with ECDSA and SHA-256'
  if (nextUpdate === undefined) return 'it does not say when the next one comes'
  if (nextUpdate <= thisUpdate) return 'the next one does not come after it'
  if (crl.authorityKeyId === undefined) return 'no authority key identifier'
  if (number === undefined) return 'no CRL number'
  if (number >> BigInt(8 * MAX_NUMBER_OCTETS - 1) > 0n) return 'the CRL number exceeds 20 octets'
  const partial = [CrlOid.deltaCrlIndicator, CrlOid.issuingDistributionPoint].find((id) => extensions.has(id))
  if (partial !== undefined) return `extension ${partial} says that it is not the full list of its issuer`
  const critical = criticalOf(extensions)
  if (critical !== undefined) return `critical extension ${critical} is unknown, or must not be critical`
  const distinct = new Set(entries.map(({ serialNumber }) => serialNumber))
  if (distinct.size < entries.length) return 'a certificate stands on it twice'
  return entryProblem(entries)
}

function entryProblem(entries: readonly CrlEntry[]): string | undefined {
  for (const [index, { serialNumber, reasonCode, extensions }] of entries.entries()) {
    if (NEGATIVE.test(serialNumber)) return `entry ${index + 1} has a negative serial number`
    if (extensions.has(CrlOid.certificateIssuer)) return `entry ${index + 1} is of another issuer`
    const critical = criticalOf(extensions)
    if (critical !== undefined) return `entry ${index + 1} has the critical extension ${critical}`
    if (!REASON_CODES.has(reasonCode)) return `entry ${index + 1} has the reason ${reasonCode}, which is none`
  }
  return undefined
}

/** None of those that are understood here is ever critical. */
function criticalOf(extensions: Crl['extensions']): string | undefined {
  return [...extensions].find(([, { critical }]) => critical)?.[0]
}
