/**
 * Why a certificate is revoked, by CRLReason (RFC 5280 section 5.3.1). What can be taken back (certificateHold,
 * removeFromCRL) is left out: a certificate that is revoked stays so.
 */
export const REVOCATION_REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const

export type RevocationReason = keyof typeof REVOCATION_REASONS

export interface Revocation {
  readonly reason: RevocationReason
  /** Milliseconds since 1970. */
  readonly revokedAt: number
  /** Who did it: `operator:alice`. */
  readonly revokedBy: string
  /** Why, in words: for the trust log alone. */
  readonly inWords?: string
}
