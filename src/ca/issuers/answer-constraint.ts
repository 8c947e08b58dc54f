import type { Certificate } from '../../identity/certificate.ts'
import type { TrustDomain } from '../../identity/service-id.ts'
import { permittedUrisOf } from '../certificate/name-constraint.ts'
import type { IntermediateProfile } from '../certificate/profiles.ts'

/**
 * Why an intermediate that was made elsewhere could issue for more than its trust domain, in words; `undefined` where
 * it could not, or the profile lets it.
 */
export function answerProblem(
  { nameConstraints, names }: Certificate,
  trustDomain: TrustDomain,
  { nameConstraint }: Pick<IntermediateProfile, 'nameConstraint'>,
): string | undefined {
  if (!nameConstraint) return undefined
  const asked = permittedUrisOf(trustDomain)
  const permitted = nameConstraints?.permittedUris ?? []
  const isConstrained = permitted.length > 0 && permitted.every((host) => host.toLowerCase() === trustDomain)
  if (asked.length > 0 && !isConstrained) return `the answer lacks the name constraint that was asked for: ${REMEDY}`
  // Without either, the store alone would decide which trust domain is issued for.
  if (asked.length === 0 && names.uris.length === 0) return `the answer does not name the trust domain: ${REMEDY}`
  return undefined
}

const REMEDY = 'have it copied (openssl: -copy_extensions copyall), or write nameConstraint: false in profiles.yaml'
