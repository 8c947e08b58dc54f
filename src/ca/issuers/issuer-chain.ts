import type { Certificate } from '../../identity/certificate.ts'
import { rootOfChain } from '../../identity/certificate-chain.ts'
import { formatName } from '../../identity/distinguished-name.ts'
import type { TrustDomain } from '../../identity/service-id.ts'
import { intermediateProblem, superiorProblem } from './issuer-profile.ts'

/**
 * Why a chain cannot issue the certificates of a trust domain, in words; `undefined` where it can. One certificate with
 * which a verifier does not go on is enough.
 * @param chain an intermediate, then those between it and its root
 * @param now milliseconds since 1970
 */
export function chainProblem(
  trustDomain: TrustDomain,
  chain: readonly [Certificate, ...Certificate[]],
  roots: readonly Certificate[],
  now: number,
): string | undefined {
  const root = rootOfChain(chain, roots)
  if (root === undefined) return 'it does not lead to a root of the bundle'
  const [intermediate, issuer = root] = chain
  for (const [below, certificate] of [...chain, root].entries()) {
    const problem =
      (certificate === intermediate
        ? intermediateProblem(intermediate, issuer, trustDomain)
        : superiorProblem(certificate, trustDomain)) ??
      pathLengthProblem(certificate, below) ??
      validityProblem(certificate, now)
    if (problem !== undefined) return `${formatName(certificate.subject)}: ${problem}`
  }
  return undefined
}

/**
 * RFC 5280 section 6.1.4. Those that have issued themselves count too, as some verifiers count them.
 * @param below how many certificates of CAs follow
 */
function pathLengthProblem({ basicConstraints }: Certificate, below: number): string | undefined {
  const { pathLength = below } = basicConstraints ?? {}
  return pathLength < below ? `its path length is ${pathLength}: too short for ${below} below it` : undefined
}

function validityProblem({ notBefore, notAfter }: Certificate, now: number): string | undefined {
  if (now > notAfter) return `it expired at ${new Date(notAfter).toISOString()}`
  if (now >= notBefore) return undefined
  return `it is valid from ${new Date(notBefore).toISOString()} only; compare this machine's clock`
}
