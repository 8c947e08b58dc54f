import { describe, expect, test } from 'vitest'
import { verifyRevocableToken } from '../../../src/authority/revocation/revocable-token.ts'
import { systemClock, toEpochSeconds } from '../../../src/core/clock.ts'
import { createSigningKey } from '../../../src/token/signing-key.ts'
import type { PublishedKey } from '../../../src/trust/published-key.ts'
import { ISSUER } from '../../support/authority.ts'
import { createTestCa } from '../../support/pki.ts'
import { claimsNow } from '../../support/published-key.ts'
import { refusalOf } from '../../support/refusal.ts'
import { trustIn } from '../../support/trust.ts'

const signingKey = createSigningKey()
const issuedAt = toEpochSeconds(systemClock())
const now = issuedAt * 1000
const claims = claimsNow({ issuedAt, expiresAt: issuedAt + 300 })

/** As a verifier has them from an authority. */
function publishedKeys(): ReadonlyMap<string, PublishedKey> {
  return trustIn({ pki: createTestCa(), keys: [signingKey.verificationKey] }).head().keys
}

const keys = publishedKeys()
const verify = (text: string, at = now) => verifyRevocableToken(text, { keys, clock: () => at })

describe('a token that is to be revoked', () => {
  test('is one that an authority has issued, whomever it is for', async () => {
    const { claims: verified, revocation } = await verify(signingKey.sign(claims))
    expect(verified).toEqual(claims)
    expect(revocation).toEqual({ kind: 'token', id: claims.tokenId, until: issuedAt + 300 })
  })

  test('is nothing to revoke once no verifier takes it any more, by whichever clock', async () => {
    const text = signingKey.sign(claims)
    const end = now + 300_000
    expect((await verify(text, end + 60_000)).revocation).toBeDefined()
    expect((await verify(text, end + 61_000)).revocation).toBeUndefined()
  })

  test('is refused in one way, whatever is wrong with it, and the log knows what', async () => {
    const text = signingKey.sign(claims)
    const bad = [
      ['', 'CREDENTIALS_MALFORMED'],
      [`${text} `, 'CREDENTIALS_MALFORMED'],
      [text.replace(/\.[^.]*\./, '.e30.'), 'signature'],
      [createSigningKey().sign(claims), 'is not known'],
      [signingKey.sign({ ...claims, issuer: `${ISSUER}.example` }), 'issuer'],
      [signingKey.sign({ ...claims, grantId: '' }), 'grant_id'],
    ] as const
    const messages = new Set<string>()
    for (const [bytes, detail] of bad) {
      const { message, logDetail } = await refusalOf('TOKEN_INVALID', () => verify(bytes))
      expect(logDetail).toContain(detail)
      messages.add(message)
    }
    expect(messages.size).toBe(1)
  })
})
