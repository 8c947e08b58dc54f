import type { KeyObject } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import { isP256 } from '../identity/key-pair.ts'
import { encodeCertificate } from '../identity/pem.ts'
import { type ServiceId, type ServicePath, serviceIdOf, type TrustDomain } from '../identity/service-id.ts'
import { parseDnsNames } from './certificate/dns-name.ts'
import { requireDnsNames } from './certificate/dns-name-rule.ts'
import { issueCertificate } from './certificate/issue.ts'
import { keyIdOf, keyThumbprintOf } from './certificate/key-identity.ts'
import type { ServiceProfile } from './certificate/profiles.ts'
import { type CertificateTemplate, leafTemplate } from './certificate/template.ts'
import type { CertificateRecord, Inventory } from './inventory.ts'
import type { Issuer } from './issuers/issuer.ts'

/** Issues certificates to the services of one trust domain. */
export interface CertificateAuthority {
  readonly trustDomain: TrustDomain
  /** PEM: the roots of the trust domain. */
  readonly bundle: string
  /**
   * Issues a certificate that is valid as long as its profile says, or as long as the CA itself. It is recorded first.
   * Does not check who asks, nor that the requester holds the private key; reserved paths are issued too.
   * @throws AuthError REQUEST_INVALID, also for a key that belongs to another service; STORE_UNAVAILABLE;
   *   INTERNAL where the CA itself is not valid now
   */
  issue(request: CertificateRequest): Promise<IssuedCertificate>
}

export interface CertificateRequest {
  readonly path: ServicePath
  /** At most 32 host names, in lowercase, each of which the profile of services allows. */
  readonly dnsNames: readonly string[]
  /** On P-256. */
  readonly publicKey: KeyObject
  /** For the record: `operator:alice`, or a service ID. */
  readonly requestedBy: string
  /** For the record: the serial number of the certificate that this one renews. */
  readonly renews?: string | undefined
}

export interface IssuedCertificate {
  readonly serviceId: ServiceId
  /** PEM: the leaf, then the intermediate, and what stands between that and the root. */
  readonly certificateChain: string
  /** In lowercase hex. */
  readonly serialNumber: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  /** Milliseconds since 1970. */
  readonly notAfter: number
}

export interface CertificateAuthorityOptions {
  readonly clock: Clock
  readonly inventory: Pick<Inventory, 'record'>
  readonly profile: ServiceProfile
  /** What a leaf is to say, at a time. */
  readonly templateOf?: typeof leafTemplate
}

export function certificateAuthorityOf(issuer: Issuer, options: CertificateAuthorityOptions): CertificateAuthority {
  const { trustDomain, roots, chain, key } = issuer
  const { clock, inventory, profile, templateOf = leafTemplate } = options
  const [intermediate] = chain
  const issuerKeyId = keyIdOf(intermediate.publicKey)
  const chainAbove = chain.map(({ der }) => encodeCertificate(der)).join('')

  return {
    trustDomain,
    bundle: roots.map(({ der }) => encodeCertificate(der)).join(''),
    async issue(request) {
      const { path, publicKey } = request
      const now = clock()
      requireValidNow(issuer, now)
      requireP256(publicKey)
      const dnsNames = parseDnsNames(request.dnsNames)
      requireDnsNames(profile.dnsNames, path, dnsNames)
      const serviceId = serviceIdOf(trustDomain, path)
      const template = templateOf({ trustDomain, path, dnsNames, publicKey }, intermediate, profile, now)
      const { requestedBy, renews } = request
      const asked = { serviceId, requestedBy, renews, issuerKeyId, recordedAt: now }
      await inventory.record({ ...recordOf(template), ...asked })
      const leaf = issueCertificate(template, key, intermediate)
      return {
        serviceId,
        certificateChain: encodeCertificate(leaf.der) + chainAbove,
        serialNumber: leaf.serialNumber,
        notBefore: leaf.notBefore,
        notAfter: leaf.notAfter,
      }
    },
  }
}

function recordOf(template: CertificateTemplate) {
  return {
    serialNumber: template.serialNumber,
    dnsNames: template.dnsNames,
    keyThumbprint: keyThumbprintOf(template.publicKey),
    notBefore: template.notBefore,
    notAfter: template.notAfter + 999, // valid to the end of that second
  } satisfies Partial<CertificateRecord>
}

/** The intermediate's validity lies within the root's. */
function requireValidNow({ chain: [intermediate] }: Issuer, now: number): void {
  if (now >= intermediate.notBefore && now <= intermediate.notAfter) return
  const from = new Date(intermediate.notBefore).toISOString()
  const to = new Date(intermediate.notAfter).toISOString()
  throw new AuthError('INTERNAL', `The CA issues nothing now: its intermediate is valid from ${from} to ${to}.`)
}

function requireP256(key: KeyObject): void {
  if (key.type === 'public' && isP256(key)) return
  throw new AuthError('REQUEST_INVALID', 'The key is not a public key on P-256, the only curve that is issued.')
}
