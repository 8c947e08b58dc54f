import { expect, test } from 'vitest'
import { RevocationIndex } from '../../src/trust/revocation-index.ts'
import { NOON_SECONDS } from '../support/trust-changes.ts'

const token = {
  tokenId: 'a',
  grantId: 'b',
  subject: 'spiffe://shop.internal/orders',
  clientId: 'spiffe://shop.internal/orders',
  keyId: 'c',
  issuedAt: NOON_SECONDS - 300,
}

/** Whether a token is refused that expires at noon, once an index has forgotten what was over by a time. */
function isRefusedAfterSweep(now: number): boolean {
  const index = new RevocationIndex()
  index.add({ kind: 'token', id: token.tokenId, until: NOON_SECONDS })
  index.sweep(10, now)
  return index.refusalOfToken(token) !== undefined
}

test('a revocation outlives the token by what clocks may differ: as long as a verifier takes it', () => {
  expect(isRefusedAfterSweep(NOON_SECONDS + 60)).toBe(true)
  expect(isRefusedAfterSweep(NOON_SECONDS + 61)).toBe(false)
})
