import type { RecordedCertificate } from './inventory.ts'
import type { AuthorityRecord } from './issuers/ca-state.ts'

/**
 * - live: valid
 * - expiring: valid, and less than a third of its life is left
 * - revoked: it, or the intermediate that issued it
 * - expired
 */
export type CertificateState = 'live' | 'expiring' | 'revoked' | 'expired'

/** @param now milliseconds since 1970 */
export function certificateStateOf(
  { revocation, issuerKeyId, notBefore, notAfter }: RecordedCertificate,
  authorities: readonly AuthorityRecord[],
  now: number,
): CertificateState {
  const issuer = authorities.find(({ keyId }) => keyId === issuerKeyId)
  if (revocation !== undefined || issuer?.state === 'distrusted') return 'revoked'
  if (now > notAfter) return 'expired'
  return notAfter - now < (notAfter - notBefore) / 3 ? 'expiring' : 'live'
}
