import type { KeyObject } from 'node:crypto'
import { type Clock, systemClock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import { isP256 } from '../identity/key-pair.ts'
import { encodeCertificate } from '../identity/pem.ts'
import { type ServiceId, type ServicePath, serviceIdOf, type TrustDomain } from '../identity/service-id.ts'
import { parseDnsNames } from './dns-name.ts'
import { createHierarchy, type Issuer } from './hierarchy.ts'
import { issueCertificate } from './issue.ts'
import { leafTemplate } from './template.ts'

/** Issues certificates to the services of one trust domain. */
export interface CertificateAuthority {
  readonly trustDomain: TrustDomain
  /** PEM: the roots of the trust domain. */
  readonly bundle: string
  /**
   * Issues a certificate that is valid for 24 hours, or as long as the CA itself.
   * Does not check who asks, nor that the requester holds the private key; reserved paths are issued too.
   * @throws AuthError REQUEST_INVALID; INTERNAL where the CA itself is not valid now
   */
  issue(request: CertificateRequest): IssuedCertificate
}

export interface CertificateRequest {
  readonly path: ServicePath
  /** At most 32 host names, in lowercase. */
  readonly dnsNames: readonly string[]
  /** On P-256. */
  readonly publicKey: KeyObject
}

export interface IssuedCertificate {
  readonly serviceId: ServiceId
  /** PEM: the leaf, then the intermediate. */
  readonly certificateChain: string
  /** In lowercase hex. */
  readonly serialNumber: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  /** Milliseconds since 1970. */
  readonly notAfter: number
}

export interface CreateOptions {
  readonly trustDomain: TrustDomain
  readonly clock?: Clock
}

/** Creates a CA that lives in memory only. The key of its root is dropped at once. */
export function createCertificateAuthority({ trustDomain, clock = systemClock }: CreateOptions): CertificateAuthority {
  return certificateAuthorityOf(createHierarchy(trustDomain, clock()), clock)
}

/** @param templateOf what a leaf is to say, at a time */
export function certificateAuthorityOf(issuer: Issuer, clock: Clock, templateOf = leafTemplate): CertificateAuthority {
  const { trustDomain, root, intermediate, intermediateKey } = issuer
  return {
    trustDomain,
    bundle: encodeCertificate(root.der),
    issue({ path, dnsNames, publicKey }) {
      const now = clock()
      requireValidNow(issuer, now)
      requireP256(publicKey)
      const request = { trustDomain, path, dnsNames: parseDnsNames(dnsNames), publicKey }
      const leaf = issueCertificate(templateOf(request, intermediate, now), intermediateKey, intermediate)
      return {
        serviceId: serviceIdOf(trustDomain, path),
        certificateChain: encodeCertificate(leaf.der) + encodeCertificate(intermediate.der),
        serialNumber: leaf.serialNumber,
        notBefore: leaf.notBefore,
        notAfter: leaf.notAfter,
      }
    },
  }
}

/** The intermediate's validity lies within the root's. */
function requireValidNow({ intermediate }: Issuer, now: number): void {
  if (now >= intermediate.notBefore && now <= intermediate.notAfter) return
  const from = new Date(intermediate.notBefore).toISOString()
  const to = new Date(intermediate.notAfter).toISOString()
  throw new AuthError('INTERNAL', `The CA issues nothing now: its intermediate is valid from ${from} to ${to}.`)
}

function requireP256(key: KeyObject): void {
  if (key.type === 'public' && isP256(key)) return
  throw new AuthError('REQUEST_INVALID', 'The key is not a public key on P-256, the only curve that is issued.')
}
