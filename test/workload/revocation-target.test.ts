import { describe, expect, test } from 'vitest'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { parseTarget, type RevocationTarget } from '../../src/workload/revocation-target.ts'
import { refusalOf } from '../support/refusal.ts'

const domain = parseTrustDomain('shop.internal')

describe('what is revoked', () => {
  test('is named in one of seven ways, and taken as it is', () => {
    const targets: readonly RevocationTarget[] = [
      { token: 'a.b.c' },
      { tokenId: 'one' },
      { grantId: 'one' },
      { subject: 'user:alice' },
      { client: 'client:app' },
      { certificate: '0A:1B' },
    ]
    for (const target of targets) {
      const [kind, text] = Object.entries(target)[0] ?? []
      expect(parseTarget(target, domain)).toEqual({ kind, text })
    }
  })

  test('is a service by its path or its ID', async () => {
    for (const service of ['billing/invoices', 'spiffe://shop.internal/billing/invoices']) {
      const expected = { kind: 'service', text: 'spiffe://shop.internal/billing/invoices' }
      expect(parseTarget({ service }, domain)).toEqual(expected)
    }
    for (const service of ['/orders', 'https://shop.internal/orders', 'spiffe://shop.internal', 'a b']) {
      await refusalOf('REQUEST_INVALID', () => parseTarget({ service }, domain))
    }
  })

  test('is not nothing, nor two things, nor what is unknown', () => {
    const wrong: readonly unknown[] = [
      {},
      { tokenId: '' },
      { tokenId: undefined },
      { tokenId: 1 },
      { tokenId: 'one', grantId: 'two' },
      { signingKey: 'one' },
      { toString: 'one' },
    ]
    for (const target of wrong) expect(() => parseTarget(target as RevocationTarget, domain)).toThrow(TypeError)
  })
})
