import { beforeEach, describe, expect, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { createCallVerifier, limitFailures } from '../../src/interceptor/call-verifier.ts'
import type { AsyncTokenVerifier, VerifiedToken } from '../../src/token/verify.ts'
import { refusalOf } from '../support/refusal.ts'
import { anotherPeer, audience, issuedAtMs, issuerKey, peer, signToken, validPayload } from '../support/token.ts'

const BURST = 100

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
  const options = {
    audience,
    trustedIssuer: () => ({ issuer: validPayload.iss, keys: new Map([[issuerKey.keyId, issuerKey]]) }),
    clock: () => issuedAtMs + 10_000,
  }
  const verifyCall = createCallVerifier(options)
  const known = signToken()
  await verifyCall(known, peer)
  for (let time = 0; time < BURST; time += 1) {
    await refusalOf('CREDENTIALS_MALFORMED', () => verifyCall(`bad ${time}`, peer))
  }
  await refusalOf('RATE_LIMITED', () => verifyCall(signToken({ payload: { jti: 'new' } }), peer))
  expect(await verifyCall(known, peer)).toMatchObject({ tokenId: validPayload.jti })
})

async function refusalOfEither(act: () => unknown): Promise<void> {
  try {
    await act()
  } catch (error) {
    expect(error).toBeInstanceOf(AuthError)
  }
}
