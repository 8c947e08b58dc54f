import type { Credential } from '../../identity/credential.ts'
import { parseCertificates } from '../../identity/pem-certificates.ts'
import { certificateIdentityOf } from '../../trust/published-key.ts'
import type { CertificateIdentity } from '../../trust/revocation-index.ts'
import type { TrustState } from '../../trust/trust-state.ts'

/** It is asked for with each change of trust, and to parse a chain takes a fifth of what a change costs. */
const known = new WeakMap<Credential, CertificateIdentity>()

/** What a revocation may name of the certificate of a credential. */
export function certificateOf(credential: Credential): CertificateIdentity {
  const certificate = known.get(credential) ?? parseCertificate(credential)
  known.set(credential, certificate)
  return certificate
}

/** Whether verifiers take nothing for good that the holder of a credential vouches for. */
export function isRevoked(credential: Credential, trust: TrustState): boolean {
  return trust.refusalOfCertificate(certificateOf(credential)) !== undefined
}

function parseCertificate({ certificateChain }: Credential): CertificateIdentity {
  const [leaf, issuer] = parseCertificates(certificateChain, 'the certificate of the authority')
  return certificateIdentityOf(leaf, issuer)
}
