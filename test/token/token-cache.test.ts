import { beforeEach, describe, expect, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import type { VerifiedPeer } from '../../src/identity/verified-peer.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import { cacheTokens, type TokenCacheOptions } from '../../src/token/token-cache.ts'
import type { TokenVerifier, TrustedIssuer } from '../../src/token/verify.ts'
import { refusalOf } from '../support/refusal.ts'
import { anotherPeer, createVerifier, issuedAtMs, issuerKey, peer, signToken, validPayload } from '../support/token.ts'

let now: number
let head: TrustedIssuer
let verified: string[]

beforeEach(() => {
  now = issuedAtMs + 10_000
  head = { issuer: validPayload.iss, keys: new Map([[issuerKey.keyId, issuerKey]]) }
  verified = []
})

/** A cache before a verifier that counts what it is given. */
function createCache(options: Partial<TokenCacheOptions> = {}): TokenVerifier {
  const trusted = { trustedIssuer: () => head, clock: () => now }
  const verify = createVerifier(trusted)
  const counting = (text: string, sender: VerifiedPeer) => {
    verified.push(text)
    return verify(text, sender)
  }
  return cacheTokens(counting, { ...trusted, ...options })
}

describe('a token cache', () => {
  test('verifies a token once, and then answers at once with the same', async () => {
    const verify = createCache()
    const text = signToken()
    const first = await verify(text, peer)
    expect(first).toMatchObject({ tokenId: validPayload.jti })
    expect(verify(text, peer)).toBe(first)
    expect(verified).toEqual([text])
  })

  test('tells of each token whether it was known', async () => {
    const lookups: boolean[] = []
    const verify = createCache({ onLookup: (isKnown) => lookups.push(isKnown) })
    const text = signToken()
    await verify(text, peer)
    await verify(text, peer)
    await refusalOf('CREDENTIALS_MALFORMED', () => verify('x', peer))
    expect(lookups).toEqual([false, true, false])
  })

  test('refuses a stolen token each time, and the owner is not made to pay for it', async () => {
    const verify = createCache()
    const text = signToken()
    await verify(text, peer)
    for (let theft = 0; theft < 3; theft += 1) {
      await refusalOf('TOKEN_BINDING_MISMATCH', () => verify(text, anotherPeer))
    }
    verified = []
    await verify(text, peer)
    expect(verified).toEqual([])
  })

  test('refuses a stolen token also while its owner waits for the same', async () => {
    const verify = createCache()
    const text = signToken()
    const own = verify(text, peer)
    await refusalOf('TOKEN_BINDING_MISMATCH', () => verify(text, anotherPeer))
    expect(await own).toMatchObject({ subject: peer.serviceId })
  })

  test('holds a token to its time as its verifier does, to the millisecond', async () => {
    const verify = createCache()
    const text = signToken()
    await verify(text, peer)
    for (const [time, isGood] of [
      [(validPayload.iat - 30) * 1000, true],
      [(validPayload.iat - 30) * 1000 - 1, false],
      [(validPayload.exp + 30) * 1000 - 1, true],
      [(validPayload.exp + 30) * 1000, false],
      [issuedAtMs + 10_000, true],
    ] as const) {
      now = time
      const [cached, afresh] = [await outcomeOf(verify, text), await outcomeOf(createCache(), text)]
      expect(cached, new Date(time).toISOString()).toBe(afresh)
      expect(cached === 'good').toBe(isGood)
    }
  })

  test('knows a token no more once its key is withdrawn, or the issuer is another', async () => {
    const verify = createCache()
    const text = signToken()
    const other = createSigningKey().verificationKey
    const trusted = head
    for (const distrusted of [
      { ...trusted, keys: new Map() },
      { ...trusted, keys: new Map([[other.keyId, other]]) },
      { ...trusted, issuer: 'https://other.shop.internal' },
    ]) {
      head = trusted
      await verify(text, peer)
      head = distrusted
      await refusalOf('TOKEN_INVALID', () => verify(text, peer))
    }
    head = { ...trusted, keys: new Map([...trusted.keys, [other.keyId, other]]) }
    verified = []
    await verify(text, peer)
    expect(verified).toHaveLength(1)
    head = { ...trusted }
    await verify(text, peer)
    expect(verified).toHaveLength(1)
  })

  test('does not know a token whose key was withdrawn while it was verified', async () => {
    const verify = createCache()
    const text = signToken()
    const verifying = verify(text, peer)
    head = { ...head, keys: new Map() }
    await verifying
    await refusalOf('TOKEN_INVALID', () => verify(text, peer))
  })

  test('answers nothing while nothing is known of what is trusted', async () => {
    let isReady = true
    const trustedIssuer = () => {
      if (isReady) return head
      throw new AuthError('VERIFIER_NOT_READY', 'Not ready.')
    }
    const verify = createCache({ trustedIssuer })
    const text = signToken()
    await verify(text, peer)
    isReady = false
    await refusalOf('VERIFIER_NOT_READY', () => verify(text, peer))
  })

  test('verifies a token once it can, which came before anything was known of what is trusted', async () => {
    let isReady = false
    const trustedIssuer = () => {
      if (isReady) return head
      throw new AuthError('VERIFIER_NOT_READY', 'Not ready.')
    }
    const verify = createCache({ trustedIssuer })
    const text = signToken()
    await refusalOf('VERIFIER_NOT_READY', () => verify(text, peer))
    isReady = true
    expect(await verify(text, peer)).toMatchObject({ tokenId: validPayload.jti })
  })

  test('remembers no refusal, and no other spelling of what it knows', async () => {
    const verify = createCache()
    const text = signToken()
    await verify(text, peer)
    for (const spelling of [`${text} `, ` ${text}`, `${text}=`, `${text}\n`, `${text}.`, text.slice(0, -1)]) {
      verified = []
      await refusalOf('CREDENTIALS_MALFORMED', () => verify(spelling, peer))
      await refusalOf('CREDENTIALS_MALFORMED', () => verify(spelling, peer))
      expect(verified).toEqual([spelling, spelling])
    }
  })

  test('keeps a bounded number of tokens, the latest', async () => {
    const verify = createCache({ maxEntries: 4 })
    const texts = tokens(6)
    for (const text of texts) await verify(text, peer)
    expect(await isKnown(verify, texts.at(-1))).toBe(true)
    expect(await isKnown(verify, texts[0])).toBe(false)
  })

  test('keeps a bounded number of characters, the latest tokens', async () => {
    const texts = tokens(6)
    const verify = createCache({ maxCharacters: 4 * (texts[0]?.length ?? 0) })
    for (const text of texts) await verify(text, peer)
    expect(await isKnown(verify, texts.at(-1))).toBe(true)
    expect(await isKnown(verify, texts[0])).toBe(false)
  })
})

function tokens(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => signToken({ payload: { jti: `token-${index}` } }))
}

async function isKnown(verify: TokenVerifier, text = ''): Promise<boolean> {
  verified = []
  await verify(text, peer)
  return verified.length === 0
}

async function outcomeOf(verify: TokenVerifier, text: string): Promise<string> {
  try {
    await verify(text, peer)
    return 'good'
  } catch (error) {
    return (error as AuthError).code
  }
}
