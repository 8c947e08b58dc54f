import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../src/core/logger.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { keyIdOf } from '../../src/token/verification-key.ts'
import { callByHand } from '../support/handmade-call.ts'
import { callFields } from '../support/http2-frames.ts'
import { tlsOptionsOf } from '../support/listener.ts'
import { startTarget, type Target, TOKEN_METHODS, tokenFor } from '../support/target.ts'
import { encodePart, issuerKey, signParts, validHeader, validPayload } from '../support/token.ts'

let target: Target
let orders: Credential
let shipping: Credential

beforeAll(async () => {
  target = await startTarget({ logger: silentLogger })
  orders = target.issuer.credential('orders')
  shipping = target.issuer.credential('shipping')
})
afterAll(() => target.close())
beforeEach(() => target.forget())

const now = Math.floor(Date.now() / 1000)
const attacker = generateKeyPair()
const attackerKeyId = keyIdOf(attacker.publicKey)
const publicPem = issuerKey.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const jwk = attacker.publicKey.export({ format: 'jwk' })

const claiming = (payload: object) => (): string => tokenFor(orders, { payload: { ...payload } })
const headed = (header: object) => (): string => tokenFor(orders, { header: { ...header } })

/** The valid token with its parts replaced, and the signature as it was. */
function withPart(index: number, replace: (json: string) => string): () => string {
  return () => {
    const parts = tokenFor(orders).split('.')
    const json = Buffer.from(parts[index] ?? '', 'base64url').toString()
    return parts.with(index, encodePart(replace(json))).join('.')
  }
}

/** Rewritten before it is signed. */
function signedAs(rewrite: (header: string, payload: string) => readonly [string, string]): () => string {
  return () => {
    const [header = '', payload = ''] = tokenFor(orders)
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString())
    return signParts(...rewrite(header, payload))
  }
}

/** As a library makes it that takes the public key for a shared secret. */
function macWith(secret: string): () => string {
  return () => {
    const [, payload = ''] = tokenFor(orders).split('.')
    const input = `${encodePart(JSON.stringify({ ...validHeader, alg: 'HS256' }))}.${payload}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }
}

type Case = readonly [title: string, token: () => string]

const REFUSED: Readonly<Record<string, readonly Case[]>> = {
  TOKEN_AUDIENCE_MISMATCH: [
    ['for another service', claiming({ aud: 'spiffe://shop.internal/inventory' })],
    ['for nobody', claiming({ aud: [] })],
    ['for an object', claiming({ aud: { 'spiffe://shop.internal/warehouse': true } })],
  ],
  TOKEN_BINDING_MISMATCH: [
    ['of another service', () => tokenFor(shipping)],
    ['of another service, bound to this certificate', claiming({ client_id: 'spiffe://shop.internal/shipping' })],
    ['bound to another certificate', claiming({ cnf: { 'x5t#S256': 'A'.repeat(43) } })],
    ['bound to another certificate of the same service', () => tokenFor(target.issuer.credential('orders'))],
    ['bound to nothing', claiming({ cnf: undefined })],
    ['bound to a key, as DPoP has it', claiming({ cnf: { jkt: 'A'.repeat(43) } })],
    [
      'that has expired, bound to another certificate',
      claiming({ exp: now - 60, cnf: { 'x5t#S256': 'A'.repeat(43) } }),
    ],
  ],
  TOKEN_EXPIRED: [['that has expired', claiming({ iat: now - 400, exp: now - 31 })]],
  TOKEN_NOT_YET_VALID: [
    ['issued in the future', claiming({ iat: now + 60, exp: now + 300 })],
    ['not valid yet', claiming({ nbf: now + 60 })],
  ],
  TOKEN_SCOPE_INSUFFICIENT: [
    ['without the scope', claiming({ scope: 'warehouse.other' })],
    [
      'with the scope in capitals',
      claiming({ scope: 'WAREHOUSE.PICK WAREHOUSE.FOLLOW WAREHOUSE.STORE WAREHOUSE.EXCHANGE' }),
    ],
  ],
  TOKEN_INVALID: [
    ['of another issuer', claiming({ iss: 'https://evil.example' })],
    ['of several issuers', claiming({ iss: [validPayload.iss, 'https://evil.example'] })],
    ['of an issuer in an object', claiming({ iss: { 0: validPayload.iss } })],
    ['for a list of services', claiming({ aud: ['spiffe://shop.internal/warehouse'] })],
    ['that lives longer than an hour', claiming({ exp: now + 3700 })],
    ['that never ends', claiming({ exp: undefined })],
    ['that ends beyond numbers', claiming({ exp: 1e308 })],
    ['without a scope', claiming({ scope: undefined })],
    ['with scopes in a list', claiming({ scope: ['warehouse.pick'] })],
    ['of another subject', claiming({ sub: 'spiffe://shop.internal/shipping' })],
    ['with an actor', claiming({ act: { sub: 'spiffe://shop.internal/shipping' } })],
    ['without an ID', claiming({ jti: undefined })],
    ['signed with another key', () => tokenFor(orders, { privateKey: attacker.privateKey })],
    [
      'signed with another key, under its own ID',
      () => tokenFor(orders, { header: { kid: attackerKeyId }, privateKey: attacker.privateKey }),
    ],
    [
      'that brings its key',
      () => tokenFor(orders, { header: { jwk, kid: attackerKeyId }, privateKey: attacker.privateKey }),
    ],
    ['that names the key of another issuer', () => tokenFor(orders, { header: { kid: attackerKeyId } })],
    ['without a key ID', headed({ kid: undefined })],
    ['with a key ID that is an object', headed({ kid: { kid: issuerKey.keyId } })],
    ['that asks for an unknown extension', headed({ crit: ['exp'] })],
    ['that asks for no extension', headed({ crit: [] })],
    ['that is deflated', headed({ zip: 'DEF' })],
    ['with 2^31 rounds of PBES2', headed({ alg: 'PBES2-HS256+A128KW', p2c: 2 ** 31, p2s: 'AAAA' })],
    ['without an algorithm', headed({ alg: undefined })],
    ['with the algorithm none', headed({ alg: 'none' })],
    ['with the algorithm of a secret', headed({ alg: 'HS256' })],
    ['with another payload', withPart(1, (json) => json.replace('/orders"', '/shipping"'))],
    ['with another signature', () => tokenFor(orders).replace(/.{20}$/, 'A'.repeat(20))],
  ],
  CREDENTIALS_MALFORMED: [
    ['with the public key as its secret', macWith(publicPem)],
    ['with the public key as its secret, after a line break', macWith(`\n${publicPem}`)],
    ['with a claim that stands twice', signedAs((header, payload) => [header, payload.replace('{', '{"aud":"x",')])],
    [
      'with an algorithm that stands twice',
      signedAs((header, payload) => [header.replace('{', '{"alg":"none",'), payload]),
    ],
    ['with space in its JSON', signedAs((header, payload) => [header, `${payload} `])],
    ['without a signature', () => tokenFor(orders).replace(/[^.]+$/, '')],
    ['of two parts', () => tokenFor(orders).replace(/\.[^.]+$/, '')],
    ['of five parts', () => `${tokenFor(orders)}.AAAA.AAAA`],
    ['of 3000 dots', () => '.'.repeat(3000)],
    ['with padding', () => `${tokenFor(orders)}==`],
    ['with an escaped dot', () => tokenFor(orders).replace('.', '%2E')],
    ['in JSON', () => JSON.stringify({ token: tokenFor(orders) }).replaceAll(',', ';')],
  ],
}

/** Beyond what metadata may be. */
const TOO_LARGE: readonly Case[] = [
  ['of 40,000 dots', () => '.'.repeat(40_000)],
  ['with a header of 40 KB', headed({ x: 'a'.repeat(30_000) })],
  ['with a payload of 40 KB', claiming({ x: 'a'.repeat(30_000) })],
]

/** What is signed by the same issuer for another use, as it is and under the type of an access token. */
const OTHER_KINDS: readonly (readonly [kind: string, typ: string, payload: object])[] = [
  ['a refresh token', 'refresh+jwt', { scope: undefined, cnf: undefined, client_id: undefined, token_use: 'refresh' }],
  ['an ID token', 'JWT', { aud: 'client', nonce: 'n', scope: undefined, cnf: undefined, client_id: undefined }],
  [
    'a client assertion',
    'client-authentication+jwt',
    { iss: 'client', sub: 'client', aud: validPayload.iss, scope: undefined },
  ],
  ['a JWT-SVID', 'JWT', { iss: undefined, scope: undefined, cnf: undefined, client_id: undefined, jti: undefined }],
  [
    'a response of introspection',
    'token-introspection+jwt',
    { token_introspection: { active: true }, scope: undefined, sub: undefined },
  ],
  [
    'a logout token',
    'logout+jwt',
    { events: { 'http://schemas.openid.net/event/backchannel-logout': {} }, scope: undefined },
  ],
  ['a security event', 'secevent+jwt', { events: {}, exp: undefined, cnf: undefined }],
  [
    'a proof of possession',
    'dpop+jwt',
    { htm: 'POST', htu: validPayload.iss, aud: undefined, cnf: undefined, client_id: undefined },
  ],
  ['a workload identity token', 'wit+jwt', { cnf: { jwk }, aud: undefined, scope: undefined, client_id: undefined }],
]

describe('a token is refused by every kind of method', () => {
  for (const [reason, cases] of Object.entries(REFUSED)) {
    const status = reason === 'TOKEN_SCOPE_INSUFFICIENT' ? 'PERMISSION_DENIED' : 'UNAUTHENTICATED'
    for (const [title, token] of cases) {
      test(`${title}: ${reason}`, async () => {
        expect(await endingsOf(token())).toEqual(TOKEN_METHODS.map(() => `${status} ${reason}`))
        expect(target.reached).toEqual([])
      })
    }
  }

  for (const [kind, typ, payload] of OTHER_KINDS) {
    test(`that is ${kind}`, async () => {
      const asItIs = await endingsOf(tokenFor(orders, { header: { typ }, payload: { ...payload } }))
      expect(asItIs).toEqual(TOKEN_METHODS.map(() => 'UNAUTHENTICATED TOKEN_INVALID'))
      for (const ending of await endingsOf(tokenFor(orders, { payload: { ...payload } }))) {
        expect(ending).toMatch(/^UNAUTHENTICATED TOKEN_(INVALID|BINDING_MISMATCH|AUDIENCE_MISMATCH)$/)
      }
      expect(target.reached).toEqual([])
    })
  }

  for (const [title, token] of TOO_LARGE) {
    test(title, async () => {
      for (const ending of await endingsOf(token())) {
        expect(ending).toBe('INVALID_ARGUMENT REQUEST_INVALID')
      }
      expect(target.reached).toEqual([])
    })
  }

  test('that is too large for a header of HTTP/2, with an end of its stream alone', async () => {
    for (const token of ['.'.repeat(70_000), 'a'.repeat(200_000)]) {
      const fields = fieldsWith(token, TOKEN_METHODS[0])
      const [ending] = await callByHand(target.port, tlsOptionsOf(orders), { fields })
      expect(ending).toMatchObject({ http: undefined, status: undefined })
      expect(ending?.reset).toBeDefined()
    }
    expect(target.reached).toEqual([])
  })

  test('but not as it should be', async () => {
    expect(await endingsOf(tokenFor(orders))).toEqual(TOKEN_METHODS.map(() => 'OK undefined'))
    expect(target.reached).toHaveLength(TOKEN_METHODS.length)
  })
})

async function endingsOf(token: string): Promise<readonly string[]> {
  const calls = TOKEN_METHODS.map((path) => ({ fields: fieldsWith(token, path) }))
  const endings = await callByHand(target.port, tlsOptionsOf(orders), ...calls)
  return endings.map(({ status, reason }) => `${status} ${reason}`)
}

function fieldsWith(token: string, path = '') {
  return callFields(path, [['authorization', `Bearer ${token}`]])
}
