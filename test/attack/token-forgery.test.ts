import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { keyIdOf } from '../../src/token/verification-key.ts'
import { refusalOf } from '../support/refusal.ts'
import { createVerifier, encodePart, issuerKey, peer, signToken, validHeader, validPayload } from '../support/token.ts'

const verify = createVerifier()
const valid = signToken()
const [header = '', payload = '', signature = ''] = valid.split('.')
const attacker = generateKeyPair()

describe('a forged token is refused', () => {
  test('made with the public key as secret, in each of its textual forms', async () => {
    const { publicKey } = issuerKey
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const der = publicKey.export({ type: 'spki', format: 'der' })
    const jwk = publicKey.export({ format: 'jwk' })
    const point = Buffer.concat([
      Buffer.of(4),
      Buffer.from(String(jwk.x), 'base64url'),
      Buffer.from(String(jwk.y), 'base64url'),
    ])
    const secrets = [
      ...[pem, pem.trim(), `\n${pem}`, ` ${pem}`, `${pem}\n`, pem.replaceAll('\n', '\r\n'), pem.replaceAll('\n', '')],
      ...[der, der.toString('base64'), der.toString('hex'), point, point.toString('base64url')],
      ...[JSON.stringify(jwk), `${JSON.stringify(jwk)}\n`, JSON.stringify({ keys: [jwk] }), String(jwk.x)],
      ...[issuerKey.keyId, '', '\0'],
    ]
    for (const secret of secrets) {
      for (const alg of ['HS256', 'HS384', 'HS512', 'none', 'ES256']) {
        const input = `${encodePart(JSON.stringify({ ...validHeader, alg }))}.${payload}`
        const mac = createHmac(alg.replace(/^(?!HS).*/, 'HS256').replace('HS', 'sha'), secret)
          .update(input)
          .digest()
        // As a library would send it, and cut or filled to the length that is asked for.
        await refusalOf('TOKEN_INVALID', () => verify(`${input}.${encodePart(Buffer.concat([mac, mac], 64))}`, peer))
        const expected = mac.length === 64 ? 'TOKEN_INVALID' : 'CREDENTIALS_MALFORMED'
        await refusalOf(expected, () => verify(`${input}.${encodePart(mac)}`, peer))
      }
    }
  })

  test('without a signature', async () => {
    for (const alg of ['none', 'None', 'NONE', 'noNE', 'ES256', '']) {
      const unsigned = encodePart(JSON.stringify({ ...validHeader, alg }))
      await refusalOf('CREDENTIALS_MALFORMED', () => verify(`${unsigned}.${payload}.`, peer))
      await refusalOf('TOKEN_INVALID', () => verify(`${unsigned}.${payload}.${'A'.repeat(86)}`, peer))
    }
  })

  test('with a signature of numbers that prove nothing', async () => {
    const zero = Buffer.alloc(32)
    const one = Buffer.concat([Buffer.alloc(31), Buffer.of(1)])
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
    const prime = Buffer.from('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff', 'hex')
    const most = Buffer.alloc(32, 0xff)
    const numbers = [zero, one, order, prime, most]
    for (const r of numbers) {
      for (const s of numbers) {
        const text = `${header}.${payload}.${encodePart(Buffer.concat([r, s]))}`
        await refusalOf('TOKEN_INVALID', () => verify(text, peer))
      }
    }
  })

  test('with a bit of the signature flipped, or its halves exchanged', async () => {
    const bytes = Buffer.from(signature, 'base64url')
    const exchanged = Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)])
    const flipped = Array.from({ length: 512 }, (_, bit) => {
      const copy = Buffer.from(bytes)
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      return copy
    })
    for (const other of [exchanged, ...flipped]) {
      await refusalOf('TOKEN_INVALID', () => verify(`${header}.${payload}.${encodePart(other)}`, peer))
    }
  })

  test('signed in another way with a key that is known', async () => {
    const { privateKey } = attacker
    const key = { keyId: keyIdOf(attacker.publicKey), publicKey: createPublicKey(privateKey) }
    const verifier = createVerifier({
      trustedIssuer: () => ({ issuer: validPayload.iss, keys: new Map([[key.keyId, key]]) }),
    })
    const text = signToken({ header: { kid: key.keyId }, privateKey })
    expect((await verifier(text, peer)).tokenId).toBe(validPayload.jti)

    const input = text.slice(0, text.lastIndexOf('.'))
    const digests = ['sha1', 'sha384', 'sha512', 'sha3-256']
    const signatures = [
      ...digests.map((digest) => sign(digest, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })),
      sign('sha256', Buffer.from(payload), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
      sign('sha256', Buffer.from(`${input}.`), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    ]
    for (const other of signatures)
      await refusalOf('TOKEN_INVALID', () => verifier(`${input}.${encodePart(other)}`, peer))
    const der = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'der' })
    await refusalOf('CREDENTIALS_MALFORMED', () => verifier(`${input}.${encodePart(der)}`, peer))
  })

  test('signed with a key that it brings along or points to', async () => {
    const { privateKey, publicKey } = attacker
    const jwk = publicKey.export({ format: 'jwk' })
    const headers = [
      { jwk },
      { jwk, kid: keyIdOf(publicKey) },
      { jku: 'https://evil.example/jwks.json' },
      { x5u: 'file:///etc/passwd' },
      { x5c: ['MIIB'] },
      { kid: keyIdOf(publicKey) },
      {},
    ]
    for (const own of headers)
      await refusalOf('TOKEN_INVALID', () => verify(signToken({ header: own, privateKey }), peer))
  })

  test('of parts of two tokens', async () => {
    const [, otherPayload = '', other = ''] = signToken({ payload: { scope: 'inventory.admin' } }).split('.')
    for (const text of [`${header}.${otherPayload}.${signature}`, `${header}.${payload}.${other}`]) {
      await refusalOf('TOKEN_INVALID', () => verify(text, peer))
    }
  })

  test('of another kind, signed by the same issuer', async () => {
    for (const typ of [
      'JWT',
      'refresh+jwt',
      'id+jwt',
      'secevent+jwt',
      'dpop+jwt',
      'token-introspection+jwt',
      'wit+jwt',
    ]) {
      await refusalOf('TOKEN_INVALID', () => verify(signToken({ header: { typ } }), peer))
    }
  })

  test('encrypted instead of signed', async () => {
    const jwe = (own: object) =>
      [encodePart(JSON.stringify(own)), 'AAAA', 'AAAAAAAAAAAAAAAA', payload, 'A'.repeat(22)].join('.')
    const headers = [
      { alg: 'RSA-OAEP', enc: 'A256GCM' },
      { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2 ** 31, p2s: 'AAAA' },
      { alg: 'dir', enc: 'A256GCM', zip: 'DEF' },
    ]
    for (const own of headers) await refusalOf('CREDENTIALS_MALFORMED', () => verify(jwe(own), peer))
  })

  test('in the name of a key of another kind', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const keys = new Map([[issuerKey.keyId, { ...issuerKey, publicKey }]])
    const verifier = createVerifier({ trustedIssuer: () => ({ issuer: validPayload.iss, keys }) })
    const input = `${header}.${payload}`
    const rsa = sign('sha256', Buffer.from(input), privateKey).subarray(0, 64)
    await refusalOf('TOKEN_INVALID', () => verifier(`${input}.${encodePart(rsa)}`, peer))
  })
})
