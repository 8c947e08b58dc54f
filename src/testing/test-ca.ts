import { type CertificateTemplate, leafTemplate } from '../ca/certificate/template.ts'
import { type CertificateAuthority, certificateAuthorityOf } from '../ca/certificate-authority.ts'
import { createHierarchy, type Hierarchy, issuerOf } from '../ca/issuers/hierarchy.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { sha256Base64Url } from '../core/encoding.ts'
import { Oid, parseCertificate } from '../identity/certificate.ts'
import type { Credential } from '../identity/credential.ts'
import { generateKeyPair } from '../identity/key-pair.ts'
import { encodeCertificate } from '../identity/pem.ts'
import { parseServicePath, parseTrustDomain, serviceIdOf } from '../identity/service-id.ts'
import { signIrregular } from './irregular-certificate.ts'
import { TEST_PROFILES } from './test-profiles.ts'

/**
 * A CA in memory, which certifies whatever it is told and keeps no record of it. It is thirty days old, and valid for
 * eleven months more.
 */
export interface TestCa extends CertificateAuthority {
  /** Its certificates, and their private keys. */
  readonly hierarchy: Hierarchy
  /**
   * A new key, and a certificate of it to order: of the service and regular, but for what the options say.
   * @param service its path: `orders`; reserved ones are certified too
   * @throws AuthError REQUEST_INVALID for what is no path of a service
   */
  credential(service: string, options?: CertificateOptions): Credential
}

/** What a certificate says, as far as it shall differ from a regular one. None of it is checked. */
export interface CertificateOptions {
  /** Host names. Default: `localhost`. None: the service may answer under any. */
  readonly dnsNames?: readonly string[]
  /** URI names in the place of the service's SPIFFE ID: another, several, or none. */
  readonly uris?: readonly string[]
  /** Milliseconds since 1970. Default: a minute ago, or so that a regular life of 24 hours ends at `notAfter`. */
  readonly notBefore?: number
  /** Milliseconds since 1970. Default: 24 hours from now. */
  readonly notAfter?: number
  /** Whether it is one of a CA. Default: it is not. */
  readonly isCa?: boolean
  /** Default: both. None: the extension is absent. */
  readonly extendedKeyUsage?: readonly ('serverAuth' | 'clientAuth')[]
  /** PEM: the roots that the holder of the credential trusts. Default: those of this CA. */
  readonly bundle?: string
}

export interface TestCaOptions {
  /** Default: `shop.internal`. */
  readonly trustDomain?: string
  readonly clock?: Clock
}

/** Verifiers whose clock was moved back still believe what an authority says of its keys. */
const BACKDATING_MS = 6 * 60 * 60 * 1000

const AGE_MS = 30 * 24 * 60 * 60 * 1000

/**
 * A CA of its own, to mint what the services of a test mesh do not trust. The mesh has one already: `mesh.ca`.
 * @throws AuthError REQUEST_INVALID for what is no trust domain
 *
 * @example
 * import assert from 'node:assert/strict'
 * import { createTestCa } from 'countersign/testing'
 *
 * const ca = createTestCa({ trustDomain: 'elsewhere.internal' })
 * const orders = ca.credential('orders', { dnsNames: ['orders.elsewhere.internal'] })
 * assert.equal(orders.serviceId, 'spiffe://elsewhere.internal/orders')
 * // What has expired, what names nobody, and what names two.
 * ca.credential('orders', { notAfter: Date.now() - 60_000 })
 * ca.credential('orders', { uris: [] })
 * ca.credential('orders', { uris: ['spiffe://elsewhere.internal/orders', 'spiffe://elsewhere.internal/admin'] })
 */
export function createTestCa({ trustDomain = 'shop.internal', clock = systemClock }: TestCaOptions = {}): TestCa {
  return testCaOf(createHierarchy(parseTrustDomain(trustDomain), TEST_PROFILES, systemClock() - AGE_MS), clock)
}

/** A CA on certificates and keys that are there already. */
export function testCaOf(hierarchy: Hierarchy, clock: Clock): TestCa {
  const { trustDomain, intermediate, intermediateKey } = hierarchy
  const inventory = { record: async () => {} }
  const profile = TEST_PROFILES.service
  const backdated = { ...profile, backdatingMs: BACKDATING_MS }
  const ca = certificateAuthorityOf(issuerOf(hierarchy), { clock, inventory, profile: backdated, templateOf })
  return {
    ...ca,
    hierarchy,
    credential(service, options = {}) {
      const { privateKey, publicKey } = generateKeyPair()
      const { dnsNames = ['localhost'], bundle = ca.bundle } = options
      const request = { trustDomain, path: parseServicePath(service), dnsNames, publicKey }
      const regular = templateOf(request, intermediate, profile, issuedAt(options, clock()))
      const template = { ...regular, ...fieldsOf(options) }
      const leaf = parseCertificate(signIrregular(template, intermediateKey))
      return {
        serviceId: serviceIdOf(trustDomain, request.path),
        trustDomain,
        certificateChain: encodeCertificate(leaf.der) + encodeCertificate(intermediate.der),
        privateKey,
        bundle,
        thumbprint: sha256Base64Url(leaf.der),
        notBefore: leaf.notBefore,
        notAfter: leaf.notAfter,
      }
    },
  }
}

/** TLS compares with the machine's clock: where ours is ahead, a certificate holds from the machine's time on. */
const templateOf: typeof leafTemplate = (request, issuer, validity, now) => ({
  ...leafTemplate(request, issuer, validity, now),
  notBefore: leafTemplate(request, issuer, validity, Math.min(now, systemClock())).notBefore,
})

/** When a certificate was issued that is not valid any longer than it shall be. */
function issuedAt({ notAfter = Number.POSITIVE_INFINITY }: CertificateOptions, now: number): number {
  return Math.min(now, notAfter - TEST_PROFILES.service.lifetimeMs)
}

function fieldsOf(options: CertificateOptions): Partial<CertificateTemplate> {
  const { uris, notBefore, notAfter, isCa = false, extendedKeyUsage } = options
  return {
    ...(uris && { uris }),
    ...(notBefore !== undefined && { notBefore }),
    ...(notAfter !== undefined && { notAfter }),
    ...(isCa && {
      basicConstraints: { isCa, pathLength: undefined },
      keyUsage: ['digitalSignature', 'keyCertSign'],
    }),
    ...(extendedKeyUsage && { extendedKeyUsage: extendedKeyUsage.map((usage) => Oid[usage]) }),
  }
}
