import { caTrustDomain } from '../issuers/issuer-profile.ts'
import { isSelfIssued, type PlacedCertificate } from './chain.ts'

/** What to know of a certificate that stands with others in a file. */
export function bundleWarnings(
  { block, certificate }: PlacedCertificate,
  file: readonly PlacedCertificate[],
): readonly string[] {
  const before = file.filter((other) => other.block < block)
  const twin = before.find((other) => other.certificate.der.equals(certificate.der))
  if (twin !== undefined) return [`it is the same as block ${twin.block}`]
  if (!isSelfIssued(certificate)) return []
  const trustDomain = caTrustDomain(certificate)
  const foreign = before.find(
    (other) => isSelfIssued(other.certificate) && caTrustDomain(other.certificate) !== trustDomain,
  )
  if (foreign === undefined) return []
  return [
    `it is of another trust domain than block ${foreign.block}: who trusts this file lets either CA name the services of both`,
  ]
}
