import type { ServiceId } from '../identity/service-id.ts'
import type { Revocation } from './revocation.ts'

/** What is recorded of a service's certificate before it is signed. */
export interface CertificateRecord {
  /** In lowercase hex. */
  readonly serialNumber: string
  readonly serviceId: ServiceId
  readonly dnsNames: readonly string[]
  /** SHA-256 of the SubjectPublicKeyInfo in base64url: which key it certifies. */
  readonly keyThumbprint: string
  /** The subject key identifier of the intermediate that signs, in lowercase hex. */
  readonly issuerKeyId: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  /** Milliseconds since 1970: the certificate is valid up to here, this included. */
  readonly notAfter: number
  /** Who asked for it: `operator:alice`, or a service ID. */
  readonly requestedBy: string
  /** The serial number of the certificate that this one renews. */
  readonly renews: string | undefined
  /** Milliseconds since 1970. */
  readonly recordedAt: number
}

export interface RecordedCertificate extends CertificateRecord {
  readonly revocation: Revocation | undefined
}

export interface ListFilter {
  readonly serviceId: ServiceId | undefined
  /** Only what is valid at this time or after, revoked or not. Milliseconds since 1970. */
  readonly validAt: number
}

/** Every certificate that was ever issued to a service. */
export interface Inventory {
  /**
   * Resolves once the record is on disk; only then may the certificate be signed.
   * @throws AuthError REQUEST_INVALID for a key that belongs to another service, or to the CA itself;
   *   INTERNAL for a serial number that was used before, and for an issuer that is not active; STORE_UNAVAILABLE
   */
  record(certificate: CertificateRecord): Promise<void>
  find(serialNumber: string): Promise<RecordedCertificate | undefined>
  /** By service ID, then by expiry. */
  list(filter: ListFilter): Promise<readonly RecordedCertificate[]>
}
