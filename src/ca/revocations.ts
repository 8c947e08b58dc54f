import type { ServiceId } from '../identity/service-id.ts'
import type { RecordedCertificate } from './inventory.ts'
import type { Revocation } from './revocation.ts'

/** What is revoked for good. Of two revocations of one certificate the first one counts. */
export interface Revocations {
  /** Returns the certificate with the revocation that counts; undefined where no such certificate is recorded. */
  revokeCertificate(serialNumber: string, revocation: Revocation): Promise<RecordedCertificate | undefined>
  /**
   * Revokes every certificate of a service that is recorded and has not expired by `revocation.revokedAt`, and
   * notes that all which the service was issued up to then is refused. Returns the certificates revoked by this.
   */
  revokeService(serviceId: ServiceId, revocation: Revocation): Promise<readonly RecordedCertificate[]>
}
