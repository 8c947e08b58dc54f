import { type Certificate, Oid } from '../identity/certificate.ts'
import { isP256 } from '../identity/key-pair.ts'
import type { TrustDomain } from '../identity/service-id.ts'
import { parseTrustDomainUri } from './trust-domain-uri.ts'

/** Why a certificate is not a root that a CA can stand on, in words; `undefined` where it is. */
export function rootProblem(root: Certificate): string | undefined {
  const problem = issuerProblem(root, root, 'it is not signed by itself')
  if (problem !== undefined) return problem
  return root.basicConstraints?.pathLength === 0 ? 'its path length allows no intermediate' : undefined
}

/** Why a certificate is not an intermediate that can issue under a root, in words; `undefined` where it is. */
export function intermediateProblem(intermediate: Certificate, root: Certificate): string | undefined {
  if (caTrustDomain(intermediate) !== caTrustDomain(root)) return 'it names another trust domain'
  if (intermediate.subjectKeyId === undefined) return 'no subject key identifier'
  if (intermediate.notBefore < root.notBefore || intermediate.notAfter > root.notAfter) {
    return 'it is valid while the root is not'
  }
  return issuerProblem(intermediate, root, 'it is not issued by the root')
}

/** The trust domain in a CA certificate's one URI name; `undefined` where there is none. */
export function caTrustDomain({ names }: Certificate): TrustDomain | undefined {
  const [uri, ...others] = names.uris
  return uri === undefined || others.length > 0 ? undefined : parseTrustDomainUri(uri)
}

function issuerProblem(certificate: Certificate, issuer: Certificate, foreign: string): string | undefined {
  const { basicConstraints, extensions, keyUsage } = certificate
  if (certificate.version !== 3) return `version ${certificate.version} instead of 3`
  if (!isP256(certificate.publicKey)) return 'the key is not on P-256'
  if (basicConstraints?.isCa !== true) return 'it is not the certificate of a CA'
  if (extensions.get(Oid.basicConstraints)?.critical !== true) return 'basic constraints are not critical'
  if (keyUsage?.has('keyCertSign') !== true) return 'the key may not sign certificates'
  if (!certificate.x509.checkIssued(issuer.x509) || !certificate.x509.verify(issuer.publicKey)) return foreign
  return undefined
}
