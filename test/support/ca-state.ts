import type { AuthorityRecord, AuthorityState, CaState } from '../../src/ca/issuers/ca-state.ts'
import { createHierarchy, type Hierarchy } from '../../src/ca/issuers/hierarchy.ts'
import { createIntermediate, recordOf } from '../../src/ca/issuers/new-authority.ts'
import { addStatement } from '../../src/ca/issuers/statements.ts'
import { signStatement } from '../../src/identity/bundle-statement.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { TEST_PROFILES } from '../../src/testing/test-profiles.ts'

export const trustDomain = parseTrustDomain('shop.internal')

/** A root and an intermediate as records, with their keys. */
export interface TestAuthorities {
  readonly hierarchy: Hierarchy
  root(state: AuthorityState): AuthorityRecord
  intermediate(state: AuthorityState, name?: string): AuthorityRecord
  /** Another one below the same root. */
  nextIntermediate(state: AuthorityState, name?: string): AuthorityRecord
  readonly sign: (text: string) => Buffer
}

export function createAuthorities(now: number): TestAuthorities {
  const hierarchy = createHierarchy(trustDomain, TEST_PROFILES, now)
  const asked = { requestedBy: 'operator:test', now }
  return {
    hierarchy,
    root: (state) => recordOf('root', 'root', state, [hierarchy.root], asked),
    intermediate: (state, name = 'intermediate') =>
      recordOf('intermediate', name, state, [hierarchy.intermediate], asked),
    nextIntermediate: (state, name = 'intermediate') => {
      const root = { certificate: hierarchy.root, privateKey: hierarchy.rootKey }
      return createIntermediate(name, state, root, { ...asked, trustDomain, profiles: TEST_PROFILES }).record
    },
    sign: (text) => signStatement(text, hierarchy.rootKey),
  }
}

/** The state of a CA that has just been made. */
export function initialState(authorities: TestAuthorities): CaState {
  const records = [authorities.root('active'), authorities.intermediate('active')]
  return addStatement(
    { trustDomain, authorities: records, statements: [] },
    records.filter(({ kind }) => kind === 'root'),
    authorities.sign,
  )
}
