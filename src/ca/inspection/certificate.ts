import { sha256Base64Url } from '../../core/encoding.ts'
import type { Certificate } from '../../identity/certificate.ts'
import { formatName } from '../../identity/distinguished-name.ts'
import { leafProblem } from '../../identity/leaf-profile.ts'
import { authorityProblem, caTrustDomain, intermediateProblem, rootProblem } from '../issuers/issuer-profile.ts'
import { bundleWarnings } from './bundle.ts'
import { findIssuer, type IssuerSearch, isSelfIssued, orderProblem, type PlacedCertificate } from './chain.ts'
import type { Facts, Findings } from './inspection.ts'
import { boundsProblem } from './key-kind.ts'
import { nameConstraintsOf } from './name-constraints.ts'
import { validityOf } from './validity.ts'

/**
 * What a certificate says, and what is wrong with it as one of a service, an intermediate or a root.
 * @param file all certificates of the file in which it stands
 * @param now milliseconds since 1970
 */
export function inspectCertificate(
  placed: PlacedCertificate,
  file: readonly PlacedCertificate[],
  now: number,
): Findings {
  const { certificate, keyKind } = placed
  const search = findIssuer(placed, file)
  const { kind, facts, problem } = judge(placed, search.issuer?.certificate)
  const validity = validityOf(certificate, now)
  const problems = [boundsProblem(keyKind), problem, validity.problem, orderProblem(placed, file, search)]
  return {
    kind,
    facts: {
      ...facts,
      serialNumber: certificate.serialNumber,
      notBefore: new Date(certificate.notBefore).toISOString(),
      notAfter: new Date(certificate.notAfter).toISOString(),
      valid: validity.words,
      key: keyKind.words,
      keyId: certificate.subjectKeyId,
      issuer: formatName(certificate.issuer),
      issuerKeyId: certificate.authorityKeyId,
      issuedBy: issuerInWords(certificate, search),
      thumbprint: sha256Base64Url(certificate.der),
    },
    problems: problems.filter((text) => text !== undefined),
    warnings: bundleWarnings(placed, file),
  }
}

function issuerInWords(certificate: Certificate, { issuer, isWhole }: IssuerSearch): string {
  if (issuer === undefined) return isWhole ? 'none of this file' : 'not known'
  return issuer.certificate.der.equals(certificate.der) ? 'itself' : `block ${issuer.block}`
}

interface Judgement {
  readonly kind: Findings['kind']
  readonly facts: Facts
  readonly problem: string | undefined
}

function judge({ certificate, keyKind }: PlacedCertificate, issuer: Certificate | undefined): Judgement {
  if (certificate.basicConstraints?.isCa !== true) return judgeService(certificate)
  const facts = authorityFacts(certificate)
  if (isSelfIssued(certificate)) {
    const problem = keyKind.isBounded ? rootProblem(certificate) : authorityProblem(certificate)
    return { kind: 'root', facts, problem }
  }
  return { kind: 'intermediate', facts, problem: judgeIntermediate(certificate, issuer) }
}

function judgeService(certificate: Certificate): Judgement {
  const { uris, dnsNames } = certificate.names
  const problem = leafProblem(certificate) ?? (isSelfIssued(certificate) ? 'no CA issued it' : undefined)
  const kind = 'service-certificate'
  if (problem === undefined) return { kind, facts: { serviceId: uris[0], hostNames: dnsNames }, problem }
  const facts = { uriNames: uris, hostNames: dnsNames }
  return { kind, facts, problem: `it is not one of a service: ${problem}` }
}

/** A company's CA may have named no trust domain in it: only where it does can the constraints be judged. */
function judgeIntermediate(certificate: Certificate, issuer: Certificate | undefined): string | undefined {
  const trustDomain = caTrustDomain(certificate)
  if (issuer !== undefined && trustDomain !== undefined) return intermediateProblem(certificate, issuer, trustDomain)
  return certificate.subjectKeyId === undefined ? 'no subject key identifier' : authorityProblem(certificate)
}

function authorityFacts(certificate: Certificate): Facts {
  return {
    trustDomain: caTrustDomain(certificate),
    name: formatName(certificate.subject),
    keyUsage: [...(certificate.keyUsage ?? [])],
    pathLength: certificate.basicConstraints?.pathLength,
    nameConstraints: nameConstraintsOf(certificate),
  }
}
