import { AuthError } from '../../core/errors.ts'
import { type Certificate, Oid } from '../../identity/certificate.ts'
import { isP256 } from '../../identity/key-pair.ts'
import type { TrustDomain } from '../../identity/service-id.ts'
import { nameConstraintProblem } from '../certificate/name-constraint.ts'
import { parseTrustDomainUri } from '../certificate/trust-domain-uri.ts'
import { hasStrongDigest } from './signature-digest.ts'

/** Why a certificate is not a root that a CA can stand on, in words; `undefined` where it is. */
export function rootProblem(root: Certificate): string | undefined {
  const problem = keyProblem(root) ?? issuerProblem(root, root, 'it is not signed by itself')
  if (problem !== undefined) return problem
  return root.basicConstraints?.pathLength === 0 ? 'its path length allows no intermediate' : undefined
}

/**
 * Requires that a certificate which the operator names is one of a root.
 * @throws AuthError REQUEST_INVALID
 */
export function requireRoot(root: Certificate, trustDomain: TrustDomain): Certificate {
  const problem = rootProblem(root) ?? nameConstraintProblem(root, trustDomain)
  if (problem === undefined) return root
  throw new AuthError('REQUEST_INVALID', `The root cannot stand above this CA: ${problem}.`)
}

/**
 * Why a certificate cannot stand above an intermediate of a trust domain, as its root or between, in words; `undefined`
 * where it can.
 */
export function superiorProblem(certificate: Certificate, trustDomain: TrustDomain): string | undefined {
  return keyProblem(certificate) ?? authorityProblem(certificate) ?? nameConstraintProblem(certificate, trustDomain)
}

/**
 * Why a certificate is not an intermediate that can issue for a trust domain, in words; `undefined` where it is.
 * @param issuer the root, or what stands between
 */
export function intermediateProblem(
  intermediate: Certificate,
  issuer: Certificate,
  trustDomain: TrustDomain,
): string | undefined {
  if (!isP256(intermediate.publicKey)) return 'the key is not on P-256'
  if (!namesOnly(intermediate, trustDomain)) return 'it names another trust domain'
  if (intermediate.subjectKeyId === undefined) return 'no subject key identifier'
  if (intermediate.notBefore < issuer.notBefore || intermediate.notAfter > issuer.notAfter) {
    const [from, until] = [issuer.notBefore, issuer.notAfter].map((time) => new Date(time).toISOString())
    return `it is valid while its issuer is not, which is from ${from} until ${until}`
  }
  const problem = issuerProblem(intermediate, issuer, 'it is not issued by the next')
  if (problem !== undefined) return problem
  if (intermediate.keyUsage?.has('cRLSign') !== true) return 'the key may not sign CRLs'
  return nameConstraintProblem(intermediate, trustDomain)
}

/** The trust domain in a CA certificate's one URI name; `undefined` where there is none. */
export function caTrustDomain({ names }: Certificate): TrustDomain | undefined {
  const [uri, ...others] = names.uris
  return uri === undefined || others.length > 0 ? undefined : parseTrustDomainUri(uri)
}

/** Why a certificate is not one that a CA can issue with, whoever issued it, in words; `undefined` where it is. */
export function authorityProblem(certificate: Certificate): string | undefined {
  const { basicConstraints, extensions, keyUsage } = certificate
  if (certificate.version !== 3) return `version ${certificate.version} instead of 3`
  if (basicConstraints?.isCa !== true) return 'it is not the certificate of a CA'
  if (extensions.get(Oid.basicConstraints)?.critical !== true) return 'basic constraints are not critical'
  if (keyUsage?.has('keyCertSign') !== true) return 'the key may not sign certificates'
  if (!servesBoth(certificate))
    return 'its extended key usage lacks serverAuth or clientAuth, and so would all below it'
  if (!hasStrongDigest(certificate)) return 'it is not signed with SHA-256, SHA-384 or SHA-512'
  const unknown = [...extensions].find(([id, { critical }]) => critical && !UNDERSTOOD.has(id))
  return unknown === undefined ? undefined : `verifiers may not know its critical extension ${unknown[0]}`
}

/** What every verifier understands where it is critical. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  Oid.basicConstraints,
  Oid.keyUsage,
  Oid.nameConstraints,
  Oid.extendedKeyUsage,
  Oid.subjectAltName,
])

function issuerProblem(certificate: Certificate, issuer: Certificate, foreign: string): string | undefined {
  const problem = authorityProblem(certificate)
  if (problem !== undefined) return problem
  return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.publicKey) ? undefined : foreign
}

/** A company's root names no trust domain, nor may an intermediate that it has made (X509-SVID section 3.1: SHOULD). */
function namesOnly({ names }: Certificate, trustDomain: TrustDomain): boolean {
  return (
    names.uris.length === 0 || (names.uris.length === 1 && parseTrustDomainUri(names.uris[0] ?? '') === trustDomain)
  )
}

/** OpenSSL holds what is issued to the extended key usage of its issuer. */
function servesBoth({ extendedKeyUsage }: Certificate): boolean {
  return (
    extendedKeyUsage === undefined ||
    (extendedKeyUsage.includes(Oid.serverAuth) && extendedKeyUsage.includes(Oid.clientAuth))
  )
}

function keyProblem(certificate: Certificate): string | undefined {
  if (isP256(certificate.publicKey) || isStrongRsa(certificate) || isOtherCurve(certificate)) return undefined
  return 'its key is neither on P-256, P-384 or P-521 nor of RSA with 2048 to 4096 bits'
}

const MIN_RSA_BITS = 2048
/** Longer ones slow every handshake down. */
const MAX_RSA_BITS = 4096

function isStrongRsa({ publicKey }: Certificate): boolean {
  const { modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {}
  return publicKey.asymmetricKeyType === 'rsa' && modulusLength >= MIN_RSA_BITS && modulusLength <= MAX_RSA_BITS
}

function isOtherCurve({ publicKey }: Certificate): boolean {
  const { namedCurve = '' } = publicKey.asymmetricKeyDetails ?? {}
  return publicKey.asymmetricKeyType === 'ec' && ['secp384r1', 'secp521r1'].includes(namedCurve)
}
