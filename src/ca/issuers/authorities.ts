import { AuthError } from '../../core/errors.ts'
import type { Certificate } from '../../identity/certificate.ts'
import { parseCertificates } from '../../identity/pem-certificates.ts'
import type { AuthorityRecord, AuthorityState, CaState } from './ca-state.ts'

/** What the one intermediate of a CA is called, where no other serves beside it. */
export const INTERMEDIATE_NAME = 'intermediate'

export const ROOT_NAME = 'root'

export type Named = Pick<AuthorityRecord, 'name' | 'keyId'>

/**
 * What people call a root or an intermediate, and what its files are called: `intermediate-3f9a2c5112345678`. Its subject
 * has as much of the key ID.
 */
export function labelOf({ name, keyId }: Named): string {
  return `${name}-${keyId.slice(0, 16)}`
}

export function rootsOf({ authorities }: CaState, ...states: readonly AuthorityState[]): readonly AuthorityRecord[] {
  return authorities.filter(({ kind, state }) => kind === 'root' && states.includes(state))
}

/** @param name of which of those that serve side by side; all of them where it is left out */
export function intermediatesOf(
  { authorities }: CaState,
  states: readonly AuthorityState[],
  name?: string,
): readonly AuthorityRecord[] {
  return authorities.filter(
    (authority) =>
      authority.kind === 'intermediate' &&
      states.includes(authority.state) &&
      (name === undefined || authority.name === name),
  )
}

/** The roots that verifiers are to trust. */
export function trustedRoots(state: CaState): readonly AuthorityRecord[] {
  return rootsOf(state, 'prepared', 'active', 'retiring')
}

/** @throws AuthError CONFIGURATION_INVALID where the root's certificate is still awaited */
export function activeRoot(state: CaState): AuthorityRecord {
  const [root] = rootsOf(state, 'active')
  if (root !== undefined) return root
  throw new AuthError(
    'CONFIGURATION_INVALID',
    'The CA has no root yet: have the request signed, then "countersign ca import" takes the answer.',
  )
}

/** One that is known to be there. */
export function findAuthority({ authorities }: CaState, keyId: string): AuthorityRecord {
  const found = authorities.find((authority) => authority.keyId === keyId)
  if (found === undefined) throw new TypeError('An authority that was noted is gone.')
  return found
}

/** The state with one of its authorities in another state. */
export function move(state: CaState, authority: AuthorityRecord, to: AuthorityState, now: number): CaState {
  return replace(state, { ...authority, state: to, since: now })
}

/** The state with an authority in the place of the one with the same key. */
export function replace(state: CaState, authority: AuthorityRecord): CaState {
  const authorities = state.authorities.map((former) => (former.keyId === authority.keyId ? authority : former))
  return { ...state, authorities }
}

/**
 * The certificate of an authority, then those between it and its root.
 * @throws AuthError CONFIGURATION_INVALID where it has none yet, or the record is damaged
 */
export function chainOf(authority: AuthorityRecord): readonly [Certificate, ...Certificate[]] {
  const label = labelOf(authority)
  if (authority.certificateChain === undefined) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `${label} has no certificate yet: "countersign ca import" takes the one that its request was answered with.`,
    )
  }
  return parseCertificates(authority.certificateChain, label)
}

/** The root above an intermediate: the one whose key has signed the end of its chain. */
export function rootOf(state: CaState, intermediate: AuthorityRecord): AuthorityRecord | undefined {
  if (intermediate.certificateChain === undefined) return undefined
  const last = chainOf(intermediate).at(-1)
  return state.authorities.find((root) => {
    if (root.kind !== 'root' || last === undefined) return false
    const [certificate] = chainOf(root)
    return last.x509.checkIssued(certificate.x509) && last.x509.verify(certificate.publicKey)
  })
}
