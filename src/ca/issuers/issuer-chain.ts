import type { Certificate } from '../../identity/certificate.ts'
import { rootOfChain } from '../../identity/certificate-chain.ts'
import type { TrustDomain } from '../../identity/service-id.ts'
import { intermediateProblem } from './issuer-profile.ts'

/**
 * Why a chain cannot issue the certificates of a trust domain, in words; `undefined` where it can.
 * @param chain an intermediate, then those between it and its root
 */
export function chainProblem(
  trustDomain: TrustDomain,
  chain: readonly [Certificate, ...Certificate[]],
  roots: readonly Certificate[],
): string | undefined {
  const root = rootOfChain(chain, roots)
  if (root === undefined) return 'it does not lead to a root of the bundle'
  const [intermediate, issuer = root] = chain
  return intermediateProblem(intermediate, issuer, trustDomain)
}
