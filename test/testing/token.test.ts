import { createPublicKey } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'
import { mintToken, type TokenOptions } from '../../src/testing/token.ts'
import { refusalOf } from '../support/refusal.ts'

const NOW = Date.UTC(2027, 0, 1, 12, 0, 0, 345)
const SECOND = Math.floor(NOW / 1000)

const { privateKey, publicKey } = generateKeyPair()
const issuer = {
  issuer: 'https://authority.shop.internal',
  trustDomain: parseTrustDomain('shop.internal'),
  keyId: 'a key',
  privateKey,
  clock: () => NOW,
}
const caller = createTestCa().credential('orders')
const valid: TokenOptions = { caller, audience: 'inventory', scopes: ['inventory.read', 'inventory.reserve'] }

describe('a token to order', () => {
  test('says what the authority would say', async () => {
    const { payload, protectedHeader } = await jwtVerify(mintToken(valid, issuer), publicKey, {
      currentDate: new Date(NOW),
    })
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'a key' })
    expect(payload).toEqual({
      iss: 'https://authority.shop.internal',
      sub: 'spiffe://shop.internal/orders',
      aud: 'spiffe://shop.internal/inventory',
      client_id: 'spiffe://shop.internal/orders',
      scope: 'inventory.read inventory.reserve',
      jti: expect.stringMatching(/^[\w-]{22}$/),
      grant_id: payload['jti'],
      iat: SECOND,
      exp: SECOND + 300,
      cnf: { 'x5t#S256': caller.thumbprint },
    })
  })

  test('differs where it is told to, and in nothing else', () => {
    const payloadOf = (differing: Partial<TokenOptions>) => {
      const { jti, grant_id, ...payload } = decodeJwt(mintToken({ ...valid, ...differing }, issuer))
      return payload
    }
    const payload = payloadOf({})
    expect(payloadOf({ issuedAt: NOW - 60_000 })).toEqual({ ...payload, iat: SECOND - 60, exp: SECOND + 240 })
    expect(payloadOf({ expiresAt: NOW + 60_000 })).toEqual({ ...payload, exp: SECOND + 60 })
    expect(payloadOf({ claims: { exp: 'never', act: {} } })).toEqual({ ...payload, exp: 'never', act: {} })
    expect(Object.keys(payloadOf({ claims: { sub: undefined } }))).not.toContain('sub')
    const foreign = createTestCa({ trustDomain: 'elsewhere.internal' }).credential('orders')
    expect(payloadOf({ caller: foreign })).toEqual({
      ...payload,
      sub: foreign.serviceId,
      client_id: foreign.serviceId,
      cnf: { 'x5t#S256': foreign.thumbprint },
    })
    const header = decodeProtectedHeader(mintToken({ ...valid, header: { alg: 'none', kid: undefined } }, issuer))
    expect(header).toEqual({ alg: 'none', typ: 'at+jwt' })
  })

  test('is signed with the key that is given in the place of the issuer’s', async () => {
    const { privateKey: another } = generateKeyPair()
    const token = mintToken({ ...valid, privateKey: another }, issuer)
    const currentDate = new Date(NOW)
    await expect(jwtVerify(token, publicKey, { currentDate })).rejects.toThrow('signature')
    await jwtVerify(token, createPublicKey(another), { currentDate })
  })

  test('is for a service by its path, with scopes', async () => {
    await refusalOf('REQUEST_INVALID', () => mintToken({ ...valid, audience: 'spiffe://shop.internal/a' }, issuer))
    await refusalOf('REQUEST_INVALID', () =>
      mintToken({ ...valid, scopes: ['inventory.read inventory.reserve'] }, issuer),
    )
  })
})
