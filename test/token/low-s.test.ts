import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isLowS, toLowS } from '../../src/token/low-s.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const dsaEncoding = 'ieee-p1363'
const signatureOf = (text: string) => sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding })
const isValid = (text: string, signature: Buffer) =>
  verify('sha256', Buffer.from(text), { key: publicKey, dsaEncoding }, signature)

/** s in hex, after an r of zeros. */
const withS = (hex: string) => Buffer.from('00'.repeat(32) + hex.padStart(64, '0'), 'hex')

describe('the lower form of a signature', () => {
  test('verifies as the signature does, and is one of two', () => {
    let raised = 0
    for (let round = 0; round < 64; round += 1) {
      const text = `text ${round}`
      const signature = signatureOf(text)
      const low = toLowS(signature)
      expect(isLowS(low)).toBe(true)
      expect(isValid(text, low)).toBe(true)
      if (!isLowS(signature)) {
        raised += 1
        expect(low.equals(signature)).toBe(false)
      }
    }
    expect(raised).toBeGreaterThan(0)
  })

  test('is itself where it is low already', () => {
    const low = toLowS(signatureOf('text'))
    expect(toLowS(low)).toBe(low)
  })

  test('ends at half of the order of the group', () => {
    const half = '7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8'
    const next = '7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9'
    expect(isLowS(withS(half))).toBe(true)
    expect(isLowS(withS(next))).toBe(false)
    expect(toLowS(withS(next))).toEqual(withS(half))
  })
})
