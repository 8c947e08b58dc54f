import { isDeepStrictEqual } from 'node:util'
import { toEpochSeconds } from '../../core/clock.ts'
import { AuthError } from '../../core/errors.ts'
import type { Certificate } from '../../identity/certificate.ts'
import { type Crl, type CrlEntry, CrlOid, isCrlSignedBy } from '../../identity/crl.ts'
import { crlProblem } from '../../identity/crl-profile.ts'
import { REVOCATION_REASONS } from '../revocation.ts'
import type { RevokedEntry } from './crl-register.ts'
import type { CrlTemplate } from './tbs-cert-list.ts'

/**
 * Compares a signed CRL, as read again, with what it was meant to say.
 * @throws AuthError INTERNAL at the first difference
 */
export function checkCrl(crl: Crl, template: CrlTemplate, issuer: Certificate): void {
  const difference = differenceOf(crl, template, issuer)
  if (difference === undefined) return
  throw new AuthError('INTERNAL', `The CA made a CRL that is not as it was meant: ${difference}. It is withheld.`)
}

function differenceOf(crl: Crl, template: CrlTemplate, issuer: Certificate): string | undefined {
  if (!isDeepStrictEqual(crl.issuer, issuer.subject)) return 'its issuer'
  if (!isCrlSignedBy(crl, issuer.publicKey)) return 'its signature'
  if (crl.number !== BigInt(template.number)) return 'its number'
  if (!isSameSecond(crl.thisUpdate, template.thisUpdate)) return 'its date'
  if (!isSameSecond(crl.nextUpdate, template.nextUpdate)) return 'the date of the next one'
  if (crl.authorityKeyId !== issuer.subjectKeyId) return 'its authority key identifier'
  if (!isDeepStrictEqual([...crl.extensions.keys()].sort(), EXTENSIONS)) return 'its list of extensions'
  if (crl.entries.length !== template.entries.length) return 'the count of its entries'
  const index = crl.entries.findIndex((entry, position) => !isSameEntry(entry, template.entries[position]))
  return index === -1 ? crlProblem(crl) : `entry ${index + 1}`
}

const EXTENSIONS: readonly string[] = [CrlOid.number, CrlOid.authorityKeyId].sort()

function isSameEntry(entry: CrlEntry, meant: RevokedEntry | undefined): boolean {
  if (meant === undefined) return false
  const code = meant.reason === 'unspecified' ? undefined : REVOCATION_REASONS[meant.reason]
  return (
    entry.serialNumber === meant.serialNumber &&
    isSameSecond(entry.revokedAt, meant.revokedAt) &&
    entry.reasonCode === code &&
    entry.extensions.size === (code === undefined ? 0 : 1)
  )
}

function isSameSecond(actual: number | undefined, meant: number): boolean {
  return actual !== undefined && toEpochSeconds(actual) === toEpochSeconds(meant)
}
