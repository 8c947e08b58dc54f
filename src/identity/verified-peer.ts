import { DerError } from '../core/der-node.ts'
import { sha256Base64Url } from '../core/encoding.ts'
import { AuthError } from '../core/errors.ts'
import { type Certificate, parseCertificate } from './certificate.ts'
import { leafProblem } from './leaf-profile.ts'
import { parseServiceId, type ServiceId, type TrustDomain, trustDomainOf } from './service-id.ts'

declare const verified: unique symbol

/** Who is at the other end of a connection. Made by `verifyPeer` alone. */
export interface VerifiedPeer {
  readonly [verified]: true
  readonly serviceId: ServiceId
  /** SHA-256 of the certificate's DER in base64url: `x5t#S256` of RFC 8705 section 3.1. */
  readonly thumbprint: string
  /** In lowercase hex. */
  readonly serialNumber: string
  /** The subject key identifier of whoever issued it, in lowercase hex, as the certificate has it. */
  readonly issuerKeyId: string | undefined
  readonly dnsNames: readonly string[]
  /** Milliseconds since 1970. */
  readonly notBefore: number
  /** Milliseconds since 1970. */
  readonly notAfter: number
}

/**
 * Verifies that a certificate names one service of the trust domain.
 * The TLS handshake must have verified its chain to the domain's bundle and its dates: this does not.
 * @throws AuthError TRANSPORT_NOT_AUTHENTICATED
 */
export function verifyPeer(der: Uint8Array, trustDomain: TrustDomain): VerifiedPeer {
  const certificate = parsePeerCertificate(der)
  const problem = leafProblem(certificate)
  if (problem !== undefined) throw notAuthenticated(problem)

  const serviceId = parseServiceId(certificate.names.uris[0] ?? '')
  if (trustDomainOf(serviceId) !== trustDomain) {
    throw notAuthenticated(`it belongs to trust domain ${trustDomainOf(serviceId)} instead of ${trustDomain}`)
  }
  return {
    serviceId,
    thumbprint: sha256Base64Url(certificate.der),
    serialNumber: certificate.serialNumber,
    issuerKeyId: certificate.authorityKeyId,
    dnsNames: certificate.names.dnsNames,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
  } as VerifiedPeer
}

function parsePeerCertificate(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof DerError) throw notAuthenticated(error.message)
    throw error
  }
}

function notAuthenticated(problem: string): AuthError {
  return new AuthError('TRANSPORT_NOT_AUTHENTICATED', `The peer's certificate is refused: ${problem}.`)
}
