import { generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { encodePublicKey, keyIdOf, parseVerificationKey } from '../../src/token/verification-key.ts'
import { refusalOf } from '../support/refusal.ts'

const pair = generateKeyPair()
const keyId = keyIdOf(pair.publicKey)
const spki = encodePublicKey({ keyId, publicKey: pair.publicKey })

describe('a verification key', () => {
  test('is read as it was published', () => {
    const key = parseVerificationKey(keyId, spki)
    expect(key.keyId).toBe(keyId)
    expect(key.publicKey.equals(pair.publicKey)).toBe(true)
  })

  test('has the thumbprint of RFC 7638 as its ID, as jose calculates it', async () => {
    for (let count = 0; count < 20; count++) {
      const { publicKey } = generateKeyPair()
      const expected = await calculateJwkThumbprint(publicKey.export({ format: 'jwk' }) as { kty: string }, 'sha256')
      expect(keyIdOf(publicKey)).toBe(expected)
    }
  })

  test('is of its private half too', () => {
    expect(keyIdOf(pair.privateKey)).toBe(keyId)
  })
})

describe('a verification key is refused', () => {
  test('of another kind', async () => {
    const others = [
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey,
      generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey,
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
      generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey,
      generateKeyPairSync('ed25519').publicKey,
      generateKeyPairSync('x25519').publicKey,
    ]
    for (const publicKey of others) {
      const bytes = encodePublicKey({ keyId, publicKey })
      const refusal = await refusalOf('TOKEN_INVALID', () => parseVerificationKey(keyId, bytes))
      expect(refusal.message).toContain('not a public key on P-256')
    }
  })

  test('under an ID that is not its thumbprint', async () => {
    const another = keyIdOf(generateKeyPair().publicKey)
    for (const id of ['', 'key-1', another, `${keyId}=`, `${keyId} `, keyId.toLowerCase(), keyId.slice(0, -1)]) {
      const refusal = await refusalOf('TOKEN_INVALID', () => parseVerificationKey(id, spki))
      expect(refusal.message).toContain('not its thumbprint')
    }
  })

  test('in bytes that are not the SubjectPublicKeyInfo of one point on the curve', async () => {
    const notOnCurve = Buffer.concat([spki.subarray(0, -1), Buffer.of((spki.at(-1) ?? 0) ^ 1)])
    const others = [
      Buffer.alloc(0),
      Buffer.from('3000', 'hex'),
      Buffer.from('garbage'),
      Buffer.alloc(spki.length),
      Buffer.alloc(100_000, 0x30),
      spki.subarray(1),
      spki.subarray(0, -1),
      notOnCurve,
      pair.privateKey.export({ type: 'pkcs8', format: 'der' }),
      pair.privateKey.export({ type: 'sec1', format: 'der' }),
      Buffer.from(pair.publicKey.export({ type: 'spki', format: 'pem' })),
      Buffer.from(JSON.stringify(pair.publicKey.export({ format: 'jwk' }))),
    ]
    for (const bytes of others) await refusalOf('TOKEN_INVALID', () => parseVerificationKey(keyId, bytes))
  })

  test('with bytes after it', async () => {
    for (const more of ['\0', '\n', 'garbage']) {
      const bytes = Buffer.concat([spki, Buffer.from(more)])
      await refusalOf('TOKEN_INVALID', () => parseVerificationKey(keyId, bytes))
    }
  })
})
