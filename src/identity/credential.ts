import type { KeyObject } from 'node:crypto'
import { sha256Base64Url } from '../core/encoding.ts'
import { AuthError } from '../core/errors.ts'
import type { Certificate } from './certificate.ts'
import { rootOfChain } from './certificate-chain.ts'
import { findPrivateKey } from './credential-key.ts'
import { leafProblem } from './leaf-profile.ts'
import { encodeCertificate } from './pem.ts'
import { parseCertificates } from './pem-certificates.ts'
import { parseServiceId, type ServiceId, type TrustDomain, trustDomainOf } from './service-id.ts'

/** A service's certificate chain and private key, and the roots that it trusts: checked to belong together. */
export interface Credential {
  readonly serviceId: ServiceId
  readonly trustDomain: TrustDomain
  /** PEM, leaf first, without the root. */
  readonly certificateChain: string
  readonly privateKey: KeyObject
  /** PEM: the roots of the trust domain. */
  readonly bundle: string
  /** SHA-256 of the leaf's DER in base64url: `x5t#S256` of RFC 8705 section 3.1. */
  readonly thumbprint: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  /** Milliseconds since 1970. */
  readonly notAfter: number
}

export interface CredentialMaterial {
  /** PEM, leaf first. */
  readonly certificateChain: string
  /** PKCS#8 in PEM; of several the one that belongs to the leaf. */
  readonly privateKey: string
  /** The roots, in PEM. */
  readonly bundle: string
}

/**
 * Checks that key, chain and bundle belong together and are valid now.
 * @param now milliseconds since 1970
 * @param place where the material comes from, for messages
 * @throws AuthError CONFIGURATION_INVALID, CERTIFICATE_EXPIRED
 */
export function parseCredential(material: CredentialMaterial, now: number, place: string): Credential {
  const chain = parseCertificates(material.certificateChain, `${place}: the certificate chain`)
  const roots = parseCertificates(material.bundle, `${place}: the bundle`)
  const [leaf] = chain
  const privateKey = findPrivateKey(material.privateKey, leaf, `${place}: the private key`)

  const problem = leafProblem(leaf)
  if (problem !== undefined) throw invalid(place, `the first certificate is not one of a service: ${problem}`)
  if (privateKey === undefined) throw invalid(place, 'the private key does not belong to the certificate')
  const root = rootOfChain(chain, roots)
  if (root === undefined) throw invalid(place, 'the certificate chain does not end at a root of the bundle')
  // Other roots may have expired: while a root is replaced, the bundle holds the former one too.
  for (const certificate of [...chain, root]) requireValidNow(certificate, now, place)

  const serviceId = parseServiceId(leaf.names.uris[0] ?? '')
  return {
    serviceId,
    trustDomain: trustDomainOf(serviceId),
    certificateChain: chain.map(({ der }) => encodeCertificate(der)).join(''),
    privateKey,
    bundle: roots.map(({ der }) => encodeCertificate(der)).join(''),
    thumbprint: sha256Base64Url(leaf.der),
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
  }
}

function requireValidNow(certificate: Certificate, now: number, place: string): void {
  const { notBefore, notAfter } = certificate
  if (now > notAfter) {
    const since = new Date(notAfter).toISOString()
    throw new AuthError('CERTIFICATE_EXPIRED', `${place}: a certificate expired at ${since}. Issue a new one.`)
  }
  if (now < notBefore) {
    throw invalid(
      place,
      `a certificate is valid from ${new Date(notBefore).toISOString()} only; compare this machine's clock`,
    )
  }
}

function invalid(place: string, problem: string): AuthError {
  return new AuthError('CONFIGURATION_INVALID', `${place}: ${problem}.`)
}
