import type { KeyObject } from 'node:crypto'
import type { Certificate } from '../../identity/certificate.ts'
import type { TrustDomain } from '../../identity/service-id.ts'

/** What issues certificates to services: an intermediate, its key, and what stands above it. */
export interface Issuer {
  readonly trustDomain: TrustDomain
  /** The roots of the trust domain, which peers are to trust. */
  readonly roots: readonly Certificate[]
  /** The intermediate, then those between it and its root. */
  readonly chain: readonly [Certificate, ...Certificate[]]
  /** The private key of the intermediate. */
  readonly key: KeyObject
}
