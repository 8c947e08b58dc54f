import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64Url, decodeUtf8, randomId, sha256Base64Url } from '../../src/core/encoding.ts'

describe('base64url', () => {
  test('is decoded as RFC 4648 section 10 spells it, without padding', () => {
    const vectors = { '': '', Zg: 'f', Zm8: 'fo', Zm9v: 'foo', Zm9vYg: 'foob', Zm9vYmE: 'fooba', Zm9vYmFy: 'foobar' }
    for (const [text, expected] of Object.entries(vectors)) {
      expect(decodeBase64Url(text)?.toString('latin1'), text).toBe(expected)
    }
  })

  test('has the characters - and _ where base64 has + and /', () => {
    expect(decodeBase64Url('-_-_')).toEqual(Buffer.from('fbffbf', 'hex'))
  })

  test('has one spelling of each value', () => {
    const others = [
      'Zg==',
      'Zm8=',
      '=',
      'Zh',
      'Zm9',
      'A',
      'AAAAA',
      '+/+/',
      'Zm9v ',
      ' Zm9v',
      'Zm\n9v',
      'Zm9v\r\n',
      'Zm9v\u0000',
      'Zm9v.',
      'Zm9vé',
      'Zm９v',
      '\ufeffZm9v',
    ]
    for (const text of others) expect(decodeBase64Url(text), JSON.stringify(text)).toBeUndefined()
  })

  test('comes back from any bytes, and any text that is accepted is written back as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeBase64Url(Buffer.from(bytes).toString('base64url'))).toEqual(Buffer.from(bytes))
      }),
    )
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[A-Za-z0-9_=+/-]{0,50}$/))
    fc.assert(
      fc.property(text, (text) => {
        const bytes = decodeBase64Url(text)
        expect(bytes === undefined || bytes.toString('base64url') === text).toBe(true)
        expect(bytes === undefined || /^[A-Za-z0-9_-]*$/.test(text)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('UTF-8', () => {
  test('is decoded, with its byte order mark', () => {
    expect(decodeUtf8(Buffer.from('grüße, 日本, 🔑'))).toBe('grüße, 日本, 🔑')
    expect(decodeUtf8(Buffer.from('efbbbf7b7d', 'hex'))).toBe('\ufeff{}')
    expect(decodeUtf8(Buffer.alloc(0))).toBe('')
  })

  test('is refused where the bytes are something else', () => {
    const others = {
      'a lone continuation': '80',
      'a lead byte at the end': 'c3',
      'an overlong slash': 'c0af',
      'an overlong NUL': 'c080',
      'an overlong form of three bytes': 'e080af',
      'a high surrogate': 'eda080',
      'a surrogate pair': 'eda080edb080',
      'a code point beyond U+10FFFF': 'f4908080',
      'a form of five bytes': 'f888808080',
      'UTF-16 with its mark': 'fffe7b007d00',
      latin1: '6772fcdf65',
    }
    for (const [name, hex] of Object.entries(others)) {
      expect(decodeUtf8(Buffer.from(hex, 'hex')), name).toBeUndefined()
    }
  })

  test('comes back from any well-formed text, and from no other bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeUtf8(Buffer.from(text))).toBe(text)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = decodeUtf8(bytes)
        expect(text === undefined || Buffer.from(text).equals(bytes)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('SHA-256', () => {
  test('of the standard vectors is written in base64url', () => {
    const vectors = {
      '': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      abc: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    }
    for (const [text, hex] of Object.entries(vectors)) {
      expect(sha256Base64Url(text)).toBe(Buffer.from(hex, 'hex').toString('base64url'))
      expect(sha256Base64Url(Buffer.from(text))).toBe(sha256Base64Url(text))
      expect(sha256Base64Url(text)).toHaveLength(43)
    }
  })

  test('of a text is that of its UTF-8', () => {
    expect(sha256Base64Url('ü')).toBe(sha256Base64Url(Uint8Array.of(0xc3, 0xbc)))
  })
})

describe('a random ID', () => {
  test('has 128 bits in 22 characters, and comes once', () => {
    const ids = Array.from({ length: 1000 }, randomId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(decodeBase64Url(id)).toHaveLength(16)
    expect(ids.every((id) => id.length === 22)).toBe(true)
  })
})
