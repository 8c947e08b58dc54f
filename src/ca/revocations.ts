import type { ServiceId } from '../identity/service-id.ts'
import type { RecordedCertificate } from './inventory.ts'
import type { Revocation } from './revocation.ts'

/** What is revoked for good. Of two revocations of one certificate the first one counts. */
export interface Revocations {
  /** Whose a certificate is; undefined where none is recorded. */
  ownerOf(serialNumber: string): Promise<ServiceId | undefined>
  /** Also of a certificate that was revoked before. Undefined where no such certificate is recorded. */
  revokeCertificate(serialNumber: string, revocation: Revocation): Promise<RevokedCertificate | undefined>
  /**
   * Revokes every certificate of a service that is recorded and has not expired by `revocation.revokedAt`, and
   * notes that all which the service was issued up to then is refused.
   */
  revokeService(serviceId: ServiceId, revocation: Revocation): Promise<RevokedService>
}

export interface RevokedCertificate {
  /** With the revocation that counts. */
  readonly certificate: RecordedCertificate
  readonly revision: RevisionOfTrust
}

export interface RevokedService {
  /** Those that were revoked by this. */
  readonly certificates: readonly RecordedCertificate[]
  readonly revision: RevisionOfTrust
}

/** Verifiers that have this revision of the trust log refuse what was revoked. */
interface RevisionOfTrust {
  readonly epoch: number
  readonly sequence: number
}
