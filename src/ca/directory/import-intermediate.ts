import { AuthError } from '../../core/errors.ts'
import type { Certificate } from '../../identity/certificate.ts'
import { rootOfChain } from '../../identity/certificate-chain.ts'
import { encodeCertificate } from '../../identity/pem.ts'
import { keyThumbprintOf } from '../certificate/key-identity.ts'
import { answerProblem } from '../issuers/answer-constraint.ts'
import {
  activeRoot,
  chainOf,
  findAuthority,
  intermediatesOf,
  ROOT_NAME,
  replace,
  rootsOf,
} from '../issuers/authorities.ts'
import type { AuthorityRecord, CaState } from '../issuers/ca-state.ts'
import { chainProblem } from '../issuers/issuer-chain.ts'
import { requireRoot } from '../issuers/issuer-profile.ts'
import { recordOf } from '../issuers/new-authority.ts'
import { firstState } from '../issuers/rotate-intermediate.ts'
import { writeFirstBundle } from './bundle.ts'
import type { CaHome } from './ca-home.ts'
import { loadState } from './load.ts'
import { changeState } from './settle.ts'

/**
 * Takes the certificate that a root elsewhere has made for a request of this CA.
 * @param certificates the intermediate's, in any order with those between it and its root, which is the active one: verifiers
 *   may not know another yet, or no more
 * @param givenRoot the root: needed the first time, when the CA has no bundle yet
 * @throws AuthError REQUEST_INVALID for what answers no request, or cannot issue here; CONFIGURATION_INVALID,
 *   STORE_UNAVAILABLE
 */
export async function importIntermediate(
  home: CaHome,
  certificates: readonly Certificate[],
  givenRoot: Certificate | undefined,
): Promise<AuthorityRecord> {
  const { directory, ledger, clock } = home
  const { keyId } = requireRequested(await loadState(directory, ledger), certificates)
  const imported = await changeState(home, async (state) => {
    const requested = requireRequested(state, certificates)
    const isFirst = rootsOf(state, 'active').length === 0
    const roots = isFirst ? [requireGiven(givenRoot, state)] : [chainOf(activeRoot(state))[0]]
    const chain = findChain(requested, certificates, roots)
    requireUsable(chain, roots, state, home)
    if (isFirst) await writeFirstBundle(directory, roots)
    const record: AuthorityRecord = {
      ...requested,
      certificateChain: chain.map(({ der }) => encodeCertificate(der)).join(''),
      state: firstState(state, requested.name),
      since: clock(),
    }
    return addRoot(replace(state, record), isFirst ? roots : [], home)
  })
  return findAuthority(imported, keyId)
}

function requireRequested(state: CaState, certificates: readonly Certificate[]): AuthorityRecord {
  const thumbprints = new Set(certificates.map(({ publicKey }) => keyThumbprintOf(publicKey)))
  const requested = intermediatesOf(state, ['requested']).find(({ keyThumbprint }) => thumbprints.has(keyThumbprint))
  if (requested !== undefined) return requested
  throw new AuthError(
    'REQUEST_INVALID',
    'None of these certificates answers a request of this CA: the key is another, or it was imported already.',
  )
}

function requireGiven(root: Certificate | undefined, { trustDomain }: CaState): Certificate {
  if (root !== undefined) return requireRoot(root, trustDomain)
  throw new AuthError(
    'REQUEST_INVALID',
    'Which root made this? Name its certificate with --root: verifiers will trust it.',
  )
}

/** Longer ones are none that a verifier is asked to follow; and what is certified in a circle ends here too. */
const MAX_CHAIN = 8

/** Orders what was given: the certificate of the requested key, then each time the one that has issued it. */
function findChain(
  { keyThumbprint }: AuthorityRecord,
  certificates: readonly Certificate[],
  roots: readonly Certificate[],
): readonly [Certificate, ...Certificate[]] {
  const own = certificates.find(({ publicKey }) => keyThumbprintOf(publicKey) === keyThumbprint)
  if (own === undefined) throw new TypeError('The certificate that answers the request was there before.')
  const chain: [Certificate, ...Certificate[]] = [own]
  while (chain.length < MAX_CHAIN && rootOfChain(chain.slice(-1), roots) === undefined) {
    const next = certificates.find((other) => isIssuer(other, chain.at(-1)))
    if (next === undefined) break
    chain.push(next)
  }
  return chain
}

function requireUsable(
  chain: readonly [Certificate, ...Certificate[]],
  roots: readonly Certificate[],
  { trustDomain }: CaState,
  { profiles, clock }: CaHome,
): void {
  const problem =
    chainProblem(trustDomain, chain, roots, clock()) ?? answerProblem(chain[0], trustDomain, profiles.intermediate)
  if (problem === undefined) return
  throw new AuthError('REQUEST_INVALID', `The certificate cannot issue for ${trustDomain}: ${problem}.`)
}

function isIssuer(other: Certificate, certificate: Certificate | undefined): boolean {
  return certificate?.x509.checkIssued(other.x509) === true
}

function addRoot(state: CaState, roots: readonly Certificate[], home: CaHome): CaState {
  const added = roots.map((root) => recordOf('root', ROOT_NAME, 'active', [root], { ...home, now: home.clock() }))
  return { ...state, authorities: [...state.authorities, ...added] }
}
