import type { KeyObject } from 'node:crypto'
import { toEpochSeconds } from '../../core/clock.ts'
import { DerError } from '../../core/der-node.ts'
import { AuthError } from '../../core/errors.ts'
import type { Certificate } from '../../identity/certificate.ts'
import { type Crl, parseCrl } from '../../identity/crl.ts'
import { signValue } from '../../identity/signed-value.ts'
import { checkCrl } from './check-crl.ts'
import type { CrlPeriod } from './crl-register.ts'
import { type CrlTemplate, tbsCertList } from './tbs-cert-list.ts'

/**
 * Builds a CRL, signs it, reads it again and compares it with its template.
 * @param issuerKey the private key that signs
 * @param issuer whose key that is
 * @throws AuthError CONFIGURATION_INVALID for an issuer that may sign no CRL; REQUEST_INVALID for one that would be out of
 *   date from the start; INTERNAL for a number that is none, for a certificate that stands twice, and where the CRL does
 *   not say what its template says
 */
export function issueCrl(template: CrlTemplate, issuerKey: KeyObject, issuer: Certificate): Crl {
  const issuerKeyId = requireCrlIssuer(issuer)
  requirePeriod(template)
  requireNumber(template)
  requireDistinct(template)
  const crl = readAgain(signValue(tbsCertList(template, issuer.subject, issuerKeyId), issuerKey))
  checkCrl(crl, template, issuer)
  return crl
}

/**
 * @returns the subject key identifier of an issuer that may sign CRLs
 * @throws AuthError CONFIGURATION_INVALID for another
 */
export function requireCrlIssuer({ keyUsage, subjectKeyId }: Certificate): string {
  if (keyUsage?.has('cRLSign') !== true) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      'The issuer may not sign CRLs: the key usage of its certificate lacks cRLSign. Make an issuer whose certificate has it.',
    )
  }
  if (subjectKeyId === undefined) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      'The issuer may not sign CRLs: its certificate has no subject key identifier to name it by. Make an issuer whose certificate has one.',
    )
  }
  return subjectKeyId
}

function requirePeriod({ thisUpdate, nextUpdate }: CrlPeriod): void {
  if (toEpochSeconds(nextUpdate) > toEpochSeconds(thisUpdate)) return
  throw new AuthError(
    'REQUEST_INVALID',
    'The CRL would be out of date from the start, which locks everyone out. Give it a longer life.',
  )
}

function requireNumber({ number }: CrlTemplate): void {
  if (Number.isSafeInteger(number) && number > 0) return
  throw new AuthError('INTERNAL', 'The number of a CRL is not a whole number from 1 on. No CRL is made.')
}

function requireDistinct({ entries }: CrlTemplate): void {
  const distinct = new Set(entries.map(({ serialNumber }) => serialNumber))
  if (distinct.size === entries.length) return
  throw new AuthError('INTERNAL', 'A certificate would stand on the CRL twice. No CRL is made.')
}

function readAgain(der: Buffer): Crl {
  try {
    return parseCrl(der)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new AuthError('INTERNAL', `The CA made a CRL that cannot be read: ${error.message}. It is withheld.`)
  }
}
