import type { RevocationReason } from '../revocation.ts'

export interface RevokedEntry {
  /** In lowercase hex. */
  readonly serialNumber: string
  readonly reason: RevocationReason
  /** Milliseconds since 1970. */
  readonly revokedAt: number
}

export interface CrlPeriod {
  /** Milliseconds since 1970. */
  readonly thisUpdate: number
  /** Milliseconds since 1970. */
  readonly nextUpdate: number
}

/** The CRLs that were issued. */
export interface CrlRegister {
  /**
   * Takes the next number of an issuer's CRLs, on disk before it resolves: always a higher one, and never below the seconds
   * since 1970, so that it rises on where a backup was restored.
   * @returns the number, and the certificates of that issuer which belong on the CRL: revoked, and not expired before the
   *   last CRL but one (RFC 5280 section 3.3: each stands on one CRL after its expiry, and the last may never have been made)
   */
  next(
    issuerKeyId: string,
    period: CrlPeriod,
  ): Promise<{ readonly number: number; readonly revoked: readonly RevokedEntry[] }>
}
