import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { encodeDer } from '../../src/core/der-encoder.ts'
import { readSequence } from '../../src/core/der-reader.ts'
import { bitString, sequence } from '../../src/core/der-writer.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { importPublicKey, pointOf, publicKeyProblem, subjectPublicKeyInfo } from '../../src/identity/public-key.ts'

const { publicKey } = generateKeyPair()

test('a key is written as openssl writes it, and comes back from that', () => {
  const info = subjectPublicKeyInfo(publicKey)
  expect(encodeDer(info)).toEqual(publicKey.export({ type: 'spki', format: 'der' }))
  expect(publicKeyProblem(info)).toBeUndefined()
  const imported = importPublicKey(info)
  expect(imported?.equals(publicKey)).toBe(true)
  expect(imported && pointOf(imported)).toEqual(pointOf(publicKey))
})

test('a key is written in the one form, whatever form it came in', () => {
  const info = subjectPublicKeyInfo(publicKey)
  const [algorithm = info] = readSequence(info)
  const point = pointOf(publicKey)
  const isOdd = (point.at(-1) ?? 0) & 1
  const compressed = sequence(algorithm, bitString(Buffer.concat([Buffer.of(2 + isOdd), point.subarray(1, 33)])))
  const key = createPublicKey({ key: encodeDer(compressed), type: 'spki', format: 'der' })
  expect(publicKeyProblem(compressed)).toBe('its key is not an uncompressed point')
  expect(subjectPublicKeyInfo(key)).toEqual(info)
})

test('a key of another kind has no point on P-256', () => {
  for (const { publicKey: other } of [
    generateKeyPairSync('ed25519'),
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  ]) {
    expect(() => pointOf(other)).toThrow(TypeError)
  }
})
