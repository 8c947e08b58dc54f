import { decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { encodeClaims } from '../../src/token/claims.ts'
import { parseCompactToken } from '../../src/token/compact.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import { audience, validClaims as claims, issuedAtMs, peer, validPayload } from '../support/token.ts'

const key = createSigningKey()
const { keyId, publicKey } = key.verificationKey

describe('a signing key', () => {
  test('signs what jose verifies as an access token of RFC 9068, bound as RFC 8705 says', async () => {
    const { protectedHeader, payload } = await jwtVerify(key.sign(claims), publicKey, {
      algorithms: ['ES256'],
      typ: 'at+jwt',
      issuer: validPayload.iss,
      audience,
      subject: peer.serviceId,
      currentDate: new Date(issuedAtMs),
      maxTokenAge: 300,
    })
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: keyId })
    expect(payload).toEqual(validPayload)
  })

  test('signs nothing that its own verifiers call malformed', () => {
    for (let count = 0; count < 50; count++) {
      const odd = {
        ...claims,
        tokenId: 'x'.repeat(count + 1),
        issuer: `https://${'é"\\/\u2028'.slice(0, count)}`,
      }
      const token = key.sign(odd)
      expect(parseCompactToken(token)).toEqual({ text: token, keyId, payload: encodeClaims(odd) })
    }
  })

  test('refuses to sign what is too long for its verifiers', () => {
    const id = parseServiceId(`spiffe://shop.internal/${'a'.repeat(1500)}`)
    expect(() => key.sign({ ...claims, subject: id, clientId: id, audience: id })).toThrow(AuthError)
  })

  test('signs each time anew: equal claims have equal headers and payloads, and other signatures', () => {
    const [first, second] = [key.sign(claims).split('.'), key.sign(claims).split('.')]
    expect(second.slice(0, 2)).toEqual(first.slice(0, 2))
    expect(second[2]).not.toBe(first[2])
  })

  test('is another one each time', () => {
    expect(createSigningKey().verificationKey.keyId).not.toBe(keyId)
  })

  test('gives out its public half, and no private one', () => {
    expect(publicKey.type).toBe('public')
    expect(Object.keys(key)).toEqual(['verificationKey', 'sign'])
    expect(JSON.stringify({ ...key, jwk: publicKey.export({ format: 'jwk' }) })).not.toContain('"d"')
    expect(decodeProtectedHeader(key.sign(claims))).not.toHaveProperty('jwk')
  })
})
