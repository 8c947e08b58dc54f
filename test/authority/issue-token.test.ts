import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { parseGrantPolicy } from '../../src/access/grant-policy.ts'
import { createIssueToken, type IssueTokenOptions, type IssueTokenRequest } from '../../src/authority/issue-token.ts'
import { AuthError } from '../../src/core/errors.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import { createTokenVerifier } from '../../src/token/verify.ts'
import { RevocationIndex } from '../../src/trust/revocation-index.ts'
import { refusalOf } from '../support/refusal.ts'
import { anotherPeer, audience, issuedAt, issuedAtMs, peer } from '../support/token.ts'

const issuer = 'https://authority.shop.internal'
const policy = parseGrantPolicy(
  `
grants:
  - { caller: orders, audience: inventory, scopes: [inventory.reserve, inventory.read] }
  - { caller: orders, audience: inventory, scopes: [inventory.audit], ttlSeconds: 60 }
  - { caller: orders, audience: shop/billing, scopes: [billing.charge] }
`,
  'policy.yaml',
)
const signingKey = createSigningKey()
/** Nothing is revoked. */
const standing = { refusalOfToken: () => undefined }

/** Issues to `orders`, for `inventory`, and how that differs. */
function issue(request: Partial<IssueTokenRequest> = {}, options: Partial<IssueTokenOptions> = {}, caller = peer) {
  const issueToken = createIssueToken({
    issuer,
    policy,
    ttlSeconds: 300,
    signer: async () => ({ signingKey, expiresAt: issuedAt + 86_400 * 365 }),
    trust: standing,
    clock: () => issuedAtMs + 999,
    ...options,
  })
  return issueToken(caller, { audience, scopes: [], ...request })
}

describe('a token is issued', () => {
  test('with these claims and no other', async () => {
    const { token, tokenId } = await issue({ scopes: ['inventory.reserve'] })
    expect(decodeJwt(token)).toEqual({
      iss: issuer,
      sub: peer.serviceId,
      aud: audience,
      client_id: peer.serviceId,
      scope: 'inventory.reserve',
      jti: tokenId,
      grant_id: tokenId,
      iat: issuedAt,
      exp: issuedAt + 300,
      cnf: { 'x5t#S256': peer.thumbprint },
    })
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: signingKey.verificationKey.keyId })
  })

  test('that jose and our own verifier accept', async () => {
    const { keyId, publicKey } = signingKey.verificationKey
    const { token } = await issue()
    const currentDate = new Date(issuedAtMs)
    await jwtVerify(token, publicKey, { issuer, audience, typ: 'at+jwt', algorithms: ['ES256'], currentDate })
    const trustedIssuer = () => ({ issuer, keys: new Map([[keyId, signingKey.verificationKey]]) })
    const verify = createTokenVerifier({ audience, trustedIssuer, clock: () => issuedAtMs })
    expect(await verify(token, peer)).toMatchObject({
      scopes: ['inventory.reserve', 'inventory.read', 'inventory.audit'],
    })
    await refusalOf('TOKEN_BINDING_MISMATCH', () => verify(token, anotherPeer))
  })

  test('under an ID of its own each time', async () => {
    const issued = await Promise.all(Array.from({ length: 50 }, () => issue()))
    const tokenIds = issued.map(({ tokenId }) => tokenId)
    expect(new Set(tokenIds).size).toBe(50)
    for (const tokenId of tokenIds) expect(tokenId).toMatch(/^[\w-]{22}$/)
  })

  test('with the scopes that were asked for, each once, else with all that are granted', async () => {
    expect((await issue()).scopes).toEqual(['inventory.reserve', 'inventory.read', 'inventory.audit'])
    expect((await issue({ scopes: ['inventory.read', 'inventory.reserve'] })).scopes).toEqual([
      'inventory.read',
      'inventory.reserve',
    ])
    expect(decodeJwt((await issue({ scopes: ['inventory.read', 'inventory.read'] })).token)['scope']).toBe(
      'inventory.read',
    )
  })

  test('for the shortest of: the configured life, that of the grants in use, of the certificate, of the key', async () => {
    const nearTheEnd = { clock: () => peer.notAfter - 10_000 }
    const lives: readonly (readonly [number, string[], Partial<IssueTokenOptions>])[] = [
      [300, ['inventory.read'], {}],
      [60, ['inventory.audit'], {}],
      [60, ['inventory.read', 'inventory.audit'], {}],
      [60, [], {}],
      [30, [], { ttlSeconds: 30 }],
      [10, [], nearTheEnd],
      [10, ['inventory.read'], nearTheEnd],
      [1, [], { clock: () => peer.notAfter - 1_500 }],
      [42, [], { signer: async () => ({ signingKey, expiresAt: issuedAt + 42 }) }],
    ]
    for (const [seconds, scopes, options] of lives) {
      const { token, lifetimeSeconds } = await issue({ scopes }, options)
      const { iat = 0, exp = 0 } = decodeJwt(token)
      expect({ lifetimeSeconds, inToken: exp - iat }).toEqual({ lifetimeSeconds: seconds, inToken: seconds })
      expect(exp * 1000).toBeLessThanOrEqual(peer.notAfter)
    }
  })

  test('for no certificate that has expired, or has less than a second left', async () => {
    for (const clock of [() => peer.notAfter - 500, () => peer.notAfter, () => peer.notAfter + 60_000]) {
      await refusalOf('CERTIFICATE_EXPIRED', () => issue({}, { clock }))
    }
  })

  test('for a service of several segments', async () => {
    const { scopes } = await issue({ audience: 'spiffe://shop.internal/shop/billing' })
    expect(scopes).toEqual(['billing.charge'])
  })
})

describe('a token is refused', () => {
  test('where verifiers would refuse it, until it is issued late enough', async () => {
    const index = new RevocationIndex()
    index.add({ kind: 'service', id: peer.serviceId, upTo: issuedAt - 10 })
    const { message, details } = await refusalOf('TOKEN_REVOKED', () => issue({}, { trust: index }))
    expect(message).toContain('again in 21 s')
    expect(details).toEqual({ retryAfterMs: '21000' })
    expect(await issue({}, { trust: index, clock: () => issuedAtMs + 21_000 })).toMatchObject({ audience })
  })

  test('where the service is blocked, for as long as it is', async () => {
    const index = new RevocationIndex()
    index.add({ kind: 'block', id: peer.serviceId, isLifted: false })
    const { message, details } = await refusalOf('TOKEN_REVOKED', () => issue({}, { trust: index }))
    expect(message).toContain('Ask whoever runs the authority')
    expect(details).toEqual({})
  })

  test('that would be signed by a key that was revoked a moment ago', async () => {
    const index = new RevocationIndex()
    index.add({ kind: 'signingKey', id: signingKey.verificationKey.keyId, until: issuedAt + 300 })
    await refusalOf('TOKEN_REVOKED', () => issue({}, { trust: index }))
  })

  test('where no key may sign', async () => {
    const signer = async () => Promise.reject(new AuthError('STORE_UNAVAILABLE', 'no key'))
    await refusalOf('STORE_UNAVAILABLE', () => issue({}, { signer }))
  })

  test('for what policy does not grant to the caller', async () => {
    const requests: readonly Partial<IssueTokenRequest>[] = [
      { scopes: ['inventory.restock'] },
      { scopes: ['inventory.reserve', 'inventory.restock'] },
      { scopes: ['Inventory.reserve'] },
      { scopes: ['billing.charge'] },
      { scopes: ['*'] },
      { audience: 'spiffe://shop.internal/billing' },
      { audience: 'spiffe://shop.internal/Inventory' },
      { audience: 'spiffe://shop.internal/orders' },
      { audience: 'spiffe://shop.internal/countersign/authority' },
    ]
    for (const request of requests) {
      const { message } = await refusalOf('GRANT_DENIED', () => issue(request))
      expect(message).toContain('policy.yaml')
    }
    await refusalOf('GRANT_DENIED', () => issue({}, {}, anotherPeer))
  })

  test('for an audience of another trust domain, of the same path', async () => {
    for (const domain of ['other.internal', 'shop.internal.example', 'sub.shop.internal', 'shop.interna']) {
      const { message } = await refusalOf('GRANT_DENIED', () => issue({ audience: `spiffe://${domain}/inventory` }))
      expect(message).toContain('another trust domain')
    }
  })

  test('for an audience that is no service ID', async () => {
    for (const malformed of [
      '',
      'inventory',
      'shop.internal/inventory',
      'https://shop.internal/inventory',
      'SPIFFE://shop.internal/inventory',
      'spiffe://Shop.internal/inventory',
      'spiffe://shop.internal',
      'spiffe://shop.internal/',
      'spiffe://shop.internal/inventory/',
      'spiffe://shop.internal//inventory',
      'spiffe://shop.internal/../inventory',
      'spiffe://shop.internal/inventory?x',
      'spiffe://shop.internal/inventory ',
      'spiffe://shop.internal/inventory spiffe://shop.internal/billing',
      `spiffe://shop.internal/${'x'.repeat(2048)}`,
    ]) {
      await refusalOf('REQUEST_INVALID', () => issue({ audience: malformed }))
    }
  })

  test('for what is no scope', async () => {
    for (const malformed of ['', ' ', 'a b', 'inventory.read inventory.audit', '"', '\\', '\n', 'é', 'x'.repeat(257)]) {
      await refusalOf('REQUEST_INVALID', () => issue({ scopes: ['inventory.read', malformed] }))
    }
  })
})
