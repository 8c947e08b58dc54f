import { AuthError } from '../core/errors.ts'
import type { Certificate } from '../identity/certificate.ts'
import type { ServiceId } from '../identity/service-id.ts'
import { keyThumbprintOf } from './certificate/key-identity.ts'
import type { RecordedCertificate } from './inventory.ts'
import { chainOf } from './issuers/authorities.ts'
import type { CaState } from './issuers/ca-state.ts'

/**
 * Requires that a certificate may be renewed for a service: this CA has issued it to that service, and it is neither
 * expired nor revoked. What it says counts for nothing beyond this: names are taken from the record.
 * @param recorded what the inventory holds under its serial number
 * @param now milliseconds since 1970
 * @throws AuthError REQUEST_INVALID
 */
export function requireRenewable(
  certificate: Certificate,
  recorded: RecordedCertificate | undefined,
  serviceId: ServiceId,
  state: CaState,
  now: number,
): asserts recorded is RecordedCertificate {
  if (recorded === undefined) throw refused('this CA has no record of it')
  const issuer = state.authorities.find(({ keyId }) => keyId === recorded.issuerKeyId)
  const isSigned = issuer !== undefined && certificate.x509.verify(chainOf(issuer)[0].publicKey)
  const isSame = keyThumbprintOf(certificate.publicKey) === recorded.keyThumbprint
  if (!isSigned || !isSame) throw refused('this CA has issued another one under its serial number')
  if (recorded.serviceId !== serviceId) throw refused(`it is the certificate of ${recorded.serviceId}`)
  if (recorded.revocation !== undefined)
    throw refused(`it was revoked: ${recorded.revocation.reason}. A service that is to have another is issued one`)
  if (issuer.state === 'distrusted') throw refused('the intermediate that issued it is distrusted')
  if (recorded.notAfter < now) {
    throw refused(`it expired at ${new Date(recorded.notAfter).toISOString()}; issue a new one`)
  }
}

function refused(problem: string): AuthError {
  return new AuthError('REQUEST_INVALID', `The certificate cannot be renewed: ${problem}.`)
}
