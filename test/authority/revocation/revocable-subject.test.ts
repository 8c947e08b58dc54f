import { expect, test } from 'vitest'
import { revocationById } from '../../../src/authority/revocation/revocable-id.ts'
import { parseRevocableSubject } from '../../../src/authority/revocation/revocable-subject.ts'
import { parseTrustDomain } from '../../../src/identity/service-id.ts'
import { NOON } from '../../support/ca-records.ts'
import { refusalOf } from '../../support/refusal.ts'
import { NOON_SECONDS } from '../../support/trust-changes.ts'

const parse = (text: string) => parseRevocableSubject(text, parseTrustDomain('shop.internal'))

test('a subject is a service of the trust domain, or of a type that authorities know', () => {
  for (const subject of ['spiffe://shop.internal/orders', 'user:alice', 'client:web_1', 'owner:bob@shop.internal']) {
    expect(parse(subject)).toBe(subject)
  }
})

test('what no token can have as its subject is refused: it would look revoked', async () => {
  const bad = ['', 'orders', 'user:', 'user:ü', 'user:a b', ' user:a', 'USER:a', 'group:a', 'user:a\u0000']
  for (const text of [...bad, 'spiffe://other.internal/orders', 'spiffe://shop.internal', 'https://shop.internal/a']) {
    await refusalOf('REQUEST_INVALID', () => parse(text))
  }
})

test('an ID is revoked for as long as a token can live that was issued just now, by a clock that is ahead', async () => {
  for (const kind of ['token', 'grant'] as const) {
    const id = 'a'.repeat(128)
    expect(revocationById(kind, id, () => NOON)).toEqual({ kind, id, until: NOON_SECONDS + 3_630 })
    for (const bad of ['', `${id}a`, 'a.b', 'a b', 'ä']) {
      await refusalOf('REQUEST_INVALID', () => revocationById(kind, bad, () => NOON))
    }
  }
})
