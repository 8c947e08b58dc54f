import type { TestCa } from '../../src/testing/test-ca.ts'
import { createConstrainedCa, createUnconstrainedCa } from './name-constraints.ts'

/** What other implementations have to get along with. */
export interface Naming {
  readonly title: string
  readonly credential: TestCa['credential']
  readonly dnsNames: readonly string[]
}

/** Certificates with a host name and without, under an intermediate with name constraints and without. */
export const NAMINGS: readonly Naming[] = [
  { kind: 'an intermediate without name constraints', ca: createUnconstrainedCa() },
  { kind: 'an intermediate with name constraints', ca: createConstrainedCa() },
].flatMap(({ kind, ca: { credential } }) => [
  { title: `a host name under ${kind}`, credential, dnsNames: ['localhost'] },
  { title: `no host name under ${kind}`, credential, dnsNames: [] },
])
