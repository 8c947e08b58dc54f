import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { createCallVerifier, limitFailures } from '../../src/interceptor/call-verifier.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import type { AsyncTokenVerifier, VerifiedToken } from '../../src/token/verify.ts'
import type { Revocation } from '../../src/trust/change.ts'
import type { TrustState } from '../../src/trust/trust-state.ts'
import { refusalOf } from '../support/refusal.ts'
import {
  anotherPeer,
  audience,
  authorityOfIssuer,
  issuedAt,
  issuedAtMs,
  issuerKey,
  peer,
  signToken,
  trustOfIssuer,
  validClaims,
  validPayload,
} from '../support/token.ts'
import { bring, publicationOf, revoke } from '../support/trust.ts'

const BURST = 100

const clock = () => issuedAtMs + 10_000
const verifierWith = (trust: TrustState) => createCallVerifier({ audience, trust, clock })

let now: number
let verified: number
let verify: AsyncTokenVerifier

beforeEach(() => {
  now = 0
  verified = 0
  verify = limitFailures(
    async (text) => {
      verified += 1
      if (text === 'good') return { tokenId: 'good' } as VerifiedToken
      throw text === 'not ready'
        ? new AuthError('VERIFIER_NOT_READY', 'Not ready.')
        : new AuthError('TOKEN_INVALID', 'Bad.')
    },
    () => now,
  )
})

async function fail(times: number, from = peer): Promise<void> {
  for (let time = 0; time < times; time += 1) await refusalOf('TOKEN_INVALID', () => verify(`bad ${time}`, from))
}

describe('a peer whose tokens are refused', () => {
  test('gets no more of them verified after a while, and is told when to come back', async () => {
    await fail(BURST)
    for (const text of ['bad', 'good']) {
      const refusal = await refusalOf('RATE_LIMITED', () => verify(text, peer))
      expect(refusal.details).toEqual({ retryAfterMs: '100' })
    }
    expect(verified).toBe(BURST)
  })

  test('has ten verified in a second from then on', async () => {
    await fail(BURST)
    for (let step = 0; step < 1_000; step += 1) {
      now += 10
      await refusalOfEither(() => verify(`bad at ${step}`, peer))
    }
    expect(verified).toBe(BURST + 100)
  })

  test('is charged once for a token that many of its calls bring', async () => {
    await Promise.allSettled(Array.from({ length: 10 * BURST }, () => verify('bad', peer)))
    expect(await verify('good', peer)).toMatchObject({ tokenId: 'good' })
    await fail(BURST - 1)
    await refusalOf('RATE_LIMITED', () => verify('good', peer))
  })

  test('does not keep another certificate from being served', async () => {
    await fail(BURST)
    expect(await verify('good', anotherPeer)).toMatchObject({ tokenId: 'good' })
  })

  test('is not charged for good tokens, nor for what is the trouble of this server', async () => {
    for (let time = 0; time < 3 * BURST; time += 1) {
      await verify('good', peer)
      await refusalOf('VERIFIER_NOT_READY', () => verify('not ready', peer))
    }
    await fail(BURST)
  })
})

test('a token that is known passes also while its sender gets no other verified', async () => {
  const verifyCall = createCallVerifier({ audience, trust: trustOfIssuer(), clock })
  const known = signToken()
  await verifyCall(known, peer)
  for (let time = 0; time < BURST; time += 1) {
    await refusalOf('CREDENTIALS_MALFORMED', () => verifyCall(`bad ${time}`, peer))
  }
  await refusalOf('RATE_LIMITED', () => verifyCall(signToken({ payload: { jti: 'new' } }), peer))
  expect(await verifyCall(known, peer)).toMatchObject({ tokenId: validPayload.jti })
})

describe('a token that is revoked', () => {
  const until = issuedAt + 3600
  const REVOCATIONS: readonly (readonly [title: string, revocation: Revocation])[] = [
    ['by itself', { kind: 'token', id: validPayload.jti, until }],
    ['with its grant', { kind: 'grant', id: validPayload.grant_id, until }],
    ['with its subject', { kind: 'subject', id: peer.serviceId, upTo: issuedAt - 30 }],
    ['with its client', { kind: 'client', id: peer.serviceId, upTo: issuedAt - 30 }],
    ['with its service', { kind: 'service', id: peer.serviceId, upTo: issuedAt - 30 }],
    ['as its service is blocked', { kind: 'block', id: peer.serviceId, isLifted: false }],
  ]

  test.each(REVOCATIONS)('is refused %s, from the cache and afresh', async (_, revocation) => {
    const trust = trustOfIssuer()
    const [warm, cold] = [verifierWith(trust), verifierWith(trust)]
    const text = signToken()
    await warm(text, peer)
    revoke(trust, revocation)
    expect(() => warm(text, peer), 'at once').toThrow(expect.objectContaining({ code: 'TOKEN_REVOKED' }))
    await refusalOf('TOKEN_REVOKED', () => cold(text, peer))
    await refusalOf('TOKEN_REVOKED', () => cold(text, peer))
  })

  test('is known under its key, which was killed: from the cache it is revoked, afresh its key is not known', async () => {
    const trust = trustOfIssuer()
    const [warm, cold] = [verifierWith(trust), verifierWith(trust)]
    const text = signToken()
    await warm(text, peer)
    revoke(trust, { kind: 'signingKey', id: issuerKey.keyId, until })
    // The cache lets go of what no key stands behind.
    await refusalOf('TOKEN_INVALID', () => warm(text, peer))
    await refusalOf('TOKEN_INVALID', () => cold(text, peer))
  })

  test('is not one that a floor or a grant leaves out', async () => {
    const trust = trustOfIssuer()
    const verifyCall = verifierWith(trust)
    const text = signToken()
    await verifyCall(text, peer)
    revoke(
      trust,
      { kind: 'subject', id: peer.serviceId, upTo: issuedAt - 31 },
      { kind: 'subject', id: 'spiffe://shop.internal/shipping', upTo: issuedAt },
      { kind: 'token', id: validPayload.grant_id, until },
      { kind: 'grant', id: validPayload.jti, until },
      { kind: 'block', id: 'spiffe://shop.internal/shipping', isLifted: false },
    )
    expect(await verifyCall(text, peer)).toMatchObject({ tokenId: validPayload.jti })
  })

  test('is good again where only its service was blocked, once that is lifted', async () => {
    const trust = trustOfIssuer()
    const verifyCall = verifierWith(trust)
    const text = signToken()
    const token = await verifyCall(text, peer)
    revoke(trust, { kind: 'block', id: peer.serviceId, isLifted: false })
    await refusalOf('TOKEN_REVOKED', () => verifyCall(text, peer))
    revoke(trust, { kind: 'block', id: peer.serviceId, isLifted: true })
    expect(verifyCall(text, peer)).toBe(token)
  })

  test('is told so only to whom it is bound', async () => {
    const trust = trustOfIssuer()
    const verifyCall = verifierWith(trust)
    const text = signToken()
    await verifyCall(text, peer)
    revoke(trust, { kind: 'token', id: validPayload.jti, until })
    await refusalOf('TOKEN_BINDING_MISMATCH', () => verifyCall(text, anotherPeer))
  })

  test('is refused where the revocation comes while it is verified', async () => {
    const trust = trustOfIssuer()
    const verifying = refusalOf('TOKEN_REVOKED', () => verifierWith(trust)(signToken(), peer))
    revoke(trust, { kind: 'token', id: validPayload.jti, until })
    await verifying
  })

  test('is refused still where trust is dead: for that reason', async () => {
    let time = issuedAtMs + 10_000
    const trust = trustOfIssuer({ clock: () => time })
    const verifyCall = createCallVerifier({ audience, trust, clock: () => time })
    const text = signToken()
    await verifyCall(text, peer)
    time += 5 * 60_000 + 1
    await refusalOf('VERIFIER_NOT_READY', () => verifyCall(text, peer))
  })
})

describe('a token of a key that is not known', () => {
  const pair = createSigningKey()
  const unknownKey = () => ({ header: { kid: createSigningKey().verificationKey.keyId } })

  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('is verified once the feed has brought the key', async () => {
    const trust = trustOfIssuer()
    const verifyCall = verifierWith(trust)
    const text = pair.sign({ ...validClaims })
    const verifying = verifyCall(text, peer)
    await vi.advanceTimersByTimeAsync(500)
    bring(trust, publicationOf(pair.verificationKey, { authority: authorityOfIssuer, issuer: validPayload.iss, clock }))
    expect(await verifying).toMatchObject({ keyId: pair.verificationKey.keyId })
    expect(verifyCall(text, peer)).toMatchObject({ keyId: pair.verificationKey.keyId })
  })

  test('is refused after a moment, without one where the key was killed', async () => {
    const trust = trustOfIssuer()
    const verifyCall = verifierWith(trust)
    const late = refusalOf('TOKEN_INVALID', () => verifyCall(signToken(unknownKey()), peer))
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(1_000)
    await late
    revoke(trust, { kind: 'signingKey', id: pair.verificationKey.keyId, until: issuedAt + 3600 })
    await refusalOf('TOKEN_INVALID', () => verifyCall(pair.sign(validClaims), peer))
    expect(vi.getTimerCount()).toBe(0)
  })

  test('costs nothing in any number: one timer, no delay to others, and who sends them is charged', async () => {
    const trust = trustOfIssuer()
    const verifyCall = verifierWith(trust)
    const good = signToken()
    await verifyCall(good, peer)
    const sprayed = Array.from({ length: 10_000 }, (_, index) => {
      const kid = String(index).padStart(43, 'A')
      return Promise.resolve(verifyCall(signToken({ header: { kid } }), peer)).catch(({ code }) => code)
    })
    expect(vi.getTimerCount()).toBe(1)
    expect(verifyCall(good, peer)).toMatchObject({ tokenId: validPayload.jti })
    const fresh = signToken({ payload: { jti: 'fresh' } })
    expect(await verifyCall(fresh, peer)).toMatchObject({ tokenId: 'fresh' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(new Set(await Promise.all(sprayed))).toEqual(new Set(['TOKEN_INVALID']))
    expect(vi.getTimerCount()).toBe(0)
    await refusalOf('RATE_LIMITED', () => verifyCall(signToken({ payload: { jti: 'next' } }), peer))
    expect(verifyCall(good, peer)).toMatchObject({ tokenId: validPayload.jti })
  })
})

describe('where the clock of this service is known to be wrong', () => {
  test.each([
    ['TOKEN_EXPIRED', 93_000, 330_000, "this service's clock is 93 s ahead of the authority's"],
    ['TOKEN_NOT_YET_VALID', -93_000, -31_000, "this service's clock is 93 s behind the authority's"],
  ] as const)('a token that is refused as %s is told so, and the log', async (code, aheadMs, afterMs, clockWords) => {
    const time = () => issuedAtMs + afterMs
    const trust = trustOfIssuer({ clock: time })
    trust.vouch({ epoch: 1, sequence: 1 }, 0, aheadMs)
    const refusal = await refusalOf(code, () => createCallVerifier({ audience, trust, clock: time })(signToken(), peer))
    expect(refusal.message).toContain(clockWords)
    expect(refusal.logDetail).toContain(clockWords)
  })

  test('no other refusal is blamed on it, nor is one on a clock that is right', async () => {
    const trust = trustOfIssuer()
    trust.vouch({ epoch: 1, sequence: 1 }, 0, 93_000)
    const another = signToken({ payload: { aud: 'spiffe://shop.internal/shipping' } })
    const refusal = await refusalOf('TOKEN_AUDIENCE_MISMATCH', () => verifierWith(trust)(another, peer))
    const expired = () => createCallVerifier({ audience, trust, clock: () => issuedAtMs + 330_000 })(signToken(), peer)
    trust.vouch({ epoch: 1, sequence: 1 }, 0, 30_000)
    for (const { message } of [refusal, await refusalOf('TOKEN_EXPIRED', expired)])
      expect(message).not.toContain('clock')
  })
})

async function refusalOfEither(act: () => unknown): Promise<void> {
  try {
    await act()
  } catch (error) {
    expect(error).toBeInstanceOf(AuthError)
  }
}
