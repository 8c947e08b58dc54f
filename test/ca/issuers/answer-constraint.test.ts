import { describe, expect, test } from 'vitest'
import { answerProblem } from '../../../src/ca/issuers/answer-constraint.ts'
import { createHierarchy } from '../../../src/ca/issuers/hierarchy.ts'
import type { Certificate } from '../../../src/identity/certificate.ts'
import { parseTrustDomain } from '../../../src/identity/service-id.ts'
import { TEST_PROFILES } from '../../../src/testing/test-profiles.ts'

const qualified = parseTrustDomain('shop.internal')
const single = parseTrustDomain('shop')
const now = Date.UTC(2027, 0, 1)
const { intermediate } = createHierarchy(qualified, TEST_PROFILES, now)
const { intermediate: ofSingle } = createHierarchy(single, TEST_PROFILES, now)
const unnamed = { uris: [], dnsNames: [], otherCount: 0 }

function permitting(...permittedUris: readonly string[]): Certificate {
  return { ...intermediate, nameConstraints: { permittedUris, excludedUris: [], otherCount: 0 } }
}

describe('the answer to a request', () => {
  test('that has what was asked for is taken', () => {
    expect(answerProblem(intermediate, qualified, { nameConstraint: true })).toBeUndefined()
    expect(answerProblem(permitting('SHOP.internal'), qualified, { nameConstraint: true })).toBeUndefined()
    expect(answerProblem(ofSingle, single, { nameConstraint: true })).toBeUndefined()
  })

  const lacking: [title: string, certificate: Certificate, trustDomain: typeof qualified, problem: string][] = [
    ['has no name constraint', { ...intermediate, nameConstraints: undefined }, qualified, 'lacks the name constraint'],
    ['excludes names only', permitting(), qualified, 'lacks the name constraint'],
    ['permits more', permitting('shop.internal', 'elsewhere.internal'), qualified, 'lacks the name constraint'],
    ['has no name, nor a constraint', { ...ofSingle, names: unnamed }, single, 'does not name the trust domain'],
  ]
  for (const [title, certificate, trustDomain, problem] of lacking) {
    test(`that ${title} is refused, unless the profile waives it`, () => {
      const told = answerProblem(certificate, trustDomain, { nameConstraint: true })
      expect(told).toContain(problem)
      expect(told).toContain('write nameConstraint: false in profiles.yaml')
      expect(answerProblem(certificate, trustDomain, { nameConstraint: false })).toBeUndefined()
    })
  }
})
