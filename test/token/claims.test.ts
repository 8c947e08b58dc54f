import { describe, expect, test } from 'vitest'
import { confirmationOf, encodeClaims, parseClaims } from '../../src/token/claims.ts'
import { refusalOf } from '../support/refusal.ts'
import { validClaims as claims, issuedAt, peer, validPayload } from '../support/token.ts'

describe('claims', () => {
  test('have the names of RFC 9068, RFC 8693 and RFC 8705 on the wire', () => {
    expect(encodeClaims(claims)).toEqual(validPayload)
  })

  test('are read as they were written', () => {
    expect(parseClaims(encodeClaims(claims))).toEqual(claims)
  })

  test('are all required', async () => {
    for (const name of Object.keys(validPayload)) {
      const refusal = await refusalOf('TOKEN_INVALID', () => parseClaims({ ...validPayload, [name]: undefined }))
      expect(refusal.logDetail).toContain(`claim ${name}`)
    }
  })

  test('that a verifier does not know are passed over', () => {
    expect(parseClaims({ ...validPayload, nbf: issuedAt, auth_time: 1, 'https://example.com/x': {} })).toEqual(claims)
  })
})

describe('claims are refused', () => {
  const refuse = async (payload: object) => {
    const refusal = await refusalOf('TOKEN_INVALID', () => parseClaims({ ...validPayload, ...payload }))
    return refusal.logDetail
  }

  test('with a text that is missing, empty or something else', async () => {
    for (const name of ['iss', 'sub', 'aud', 'client_id', 'scope', 'jti']) {
      for (const value of [undefined, null, '', 0, 1, true, [], {}, [peer.serviceId]]) {
        expect(await refuse({ [name]: value })).toBe(`claim ${name}: not a text`)
      }
    }
  })

  test('with a subject, an audience or a client that is not a service ID', async () => {
    const others = [
      'orders',
      'user:alice',
      'spiffe://shop.internal',
      'spiffe://shop.internal/a/../b',
      'https://shop.internal/a',
    ]
    for (const name of ['sub', 'aud', 'client_id']) {
      for (const value of others) expect(await refuse({ [name]: value })).toBe(`claim ${name}: not a service ID`)
    }
  })

  test('with scopes that are not a list with single spaces', async () => {
    const others = [' ', 'a  b', ' a', 'a ', 'a\tb', 'a\nb', 'a a', 'a,b\u0000', 'a "b"', 'a\\', 'ä']
    for (const scope of others) expect(await refuse({ scope })).toBe('claim scope: not a list of scopes')
  })

  test('with times that are not whole seconds', async () => {
    const others = [undefined, null, '1', '', true, [], {}, 1.5, -1, 2 ** 53, 1e308, Number.NaN, Infinity, -Infinity]
    for (const name of ['iat', 'exp']) {
      for (const value of others) expect(await refuse({ [name]: value })).toBe(`claim ${name}: not whole seconds`)
    }
  })

  test('with an actor, whatever it is', async () => {
    for (const act of [{ sub: peer.serviceId }, {}, null, '', 0, false, []]) {
      expect(await refuse({ act })).toBe('claim act: a chain of actors is not accepted')
    }
  })
})

describe('the confirmation of a token', () => {
  test('is the thumbprint of a certificate', () => {
    expect(confirmationOf(validPayload)).toBe(peer.thumbprint)
    expect(confirmationOf({ cnf: { ...validPayload.cnf, jkt: 'x' } })).toBe(peer.thumbprint)
  })

  test('is none of other things', () => {
    const others = [undefined, null, '', peer.thumbprint, [], [peer.thumbprint], {}, { jkt: peer.thumbprint }]
    const values = [undefined, null, 1, [peer.thumbprint], { value: peer.thumbprint }]
    for (const cnf of [...others, ...values.map((value) => ({ 'x5t#S256': value }))]) {
      expect(confirmationOf({ cnf })).toBeUndefined()
    }
  })
})
