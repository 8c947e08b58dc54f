import { describe, expect, test } from 'vitest'
import { parseCompactToken } from '../../src/token/compact.ts'
import { otherJsonForms } from '../support/json-forms.ts'
import { refusalOf } from '../support/refusal.ts'
import { encodePart, issuerKey, signParts, signToken, validHeader, validPayload } from '../support/token.ts'

const valid = signToken()
const [header = '', payload = '', signature = ''] = valid.split('.')

describe('a token in compact form', () => {
  test('is accepted as its issuer writes it', () => {
    expect(parseCompactToken(valid)).toEqual({ text: valid, keyId: issuerKey.keyId, payload: validPayload })
  })

  test('may have its header and its payload in any order of members', () => {
    const { alg, typ, kid } = validHeader
    const { iss, ...claims } = validPayload
    const reordered = signParts(JSON.stringify({ kid, typ, alg }), JSON.stringify({ ...claims, iss }))
    expect(parseCompactToken(reordered).keyId).toBe(kid)
  })

  test('may have 6144 characters, and no more', async () => {
    // Each three characters of the token ID make four of the token.
    const filled = (length: number) => signToken({ payload: { jti: validPayload.jti + 'x'.repeat(length) } })
    const room = Math.floor(((6144 - valid.length) * 3) / 4)
    expect(parseCompactToken(filled(room)).text.length).toBeGreaterThan(6140)
    await refusalOf('CREDENTIALS_MALFORMED', () => parseCompactToken(filled(room + 4)))
  })
})

describe('a token is malformed', () => {
  test('with anything around or between its characters', async () => {
    const added = [
      '',
      ' ',
      '\n',
      '\r\n',
      '\t',
      '\0',
      '\ufeff',
      '\u00a0',
      '\u2028',
      '=',
      '==',
      '.',
      ',',
      ';',
      '"',
      '%',
      '+',
      '/',
      '~',
    ]
    for (const more of added.slice(1)) {
      const middle = valid.length / 2
      await refusalOf('CREDENTIALS_MALFORMED', () => parseCompactToken(valid + more))
      await refusalOf('CREDENTIALS_MALFORMED', () => parseCompactToken(more + valid))
      await refusalOf('CREDENTIALS_MALFORMED', () =>
        parseCompactToken(valid.slice(0, middle) + more + valid.slice(middle)),
      )
      await refusalOf('CREDENTIALS_MALFORMED', () => parseCompactToken([header, payload, signature].join(`${more}.`)))
    }
  })

  test('with another number of parts, or an empty one', async () => {
    const others = [
      '',
      '.',
      '..',
      header,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `.${payload}.${signature}`,
      `${header}..${signature}`,
      `${valid}.${signature}`,
      `${header}.${payload}.${signature}.${signature}.${signature}`,
      `Bearer ${valid}`,
      valid.replaceAll('.', '%2E'),
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
      JSON.stringify({ payload, protected: header, signature }),
    ]
    for (const text of others) await refusalOf('CREDENTIALS_MALFORMED', () => parseCompactToken(text))
  })

  test('with a last character that has unused bits, in any part', async () => {
    // Lengths that leave 2 and 4 bits over, for the payload; the header and the signature leave 4.
    const payloads = ['', 'x', 'xx', 'xxx'].map((jti) => encodePart(JSON.stringify({ ...validPayload, jti })))
    const texts = [
      ...otherSpellingsOf(header).map((part) => `${part}.${payload}.${signature}`),
      ...otherSpellingsOf(signature).map((part) => `${header}.${payload}.${part}`),
      ...payloads.flatMap(otherSpellingsOf).map((part) => `${header}.${part}.${signature}`),
    ]
    expect(texts.length).toBeGreaterThan(30)
    for (const text of texts) await refusalOf('CREDENTIALS_MALFORMED', () => parseCompactToken(text))
  })

  test('with a signature of another length than that of ES256', async () => {
    for (const length of [1, 63, 65, 70, 71, 72, 96, 132, 256]) {
      const text = `${header}.${payload}.${encodePart(Buffer.alloc(length, 7))}`
      await refusalOf('CREDENTIALS_MALFORMED', () => parseCompactToken(text))
    }
  })

  test('with JSON in another form than the plain one, in its header or its payload', async () => {
    for (const rewrite of otherJsonForms) {
      const texts = [
        signParts(rewrite(JSON.stringify(validHeader)), JSON.stringify(validPayload)),
        signParts(JSON.stringify(validHeader), rewrite(JSON.stringify(validPayload))),
      ]
      for (const text of texts) await refusalOf('CREDENTIALS_MALFORMED', () => parseCompactToken(text))
    }
  })

  test('with what is not a JSON object, in its header or its payload', async () => {
    const others = [
      '[]',
      '[{}]',
      'null',
      'true',
      '0',
      '""',
      '"{}"',
      '{}{}',
      '{',
      '}',
      '{]',
      "{'a':1}",
      '{a:1}',
      '// {}',
      '\0',
    ]
    for (const other of others) {
      const texts = [signParts(other, JSON.stringify(validPayload)), signParts(JSON.stringify(validHeader), other)]
      for (const text of texts) await refusalOf('CREDENTIALS_MALFORMED', () => parseCompactToken(text))
    }
  })

  test('when it is too long, whatever it is made of', async () => {
    const start = performance.now()
    const others = [
      '.'.repeat(1_000_000),
      'a'.repeat(1_000_000),
      `${encodePart('a'.repeat(48_000))}.${payload}.${signature}`,
      `${encodePart(JSON.stringify({ ...validHeader, x: 'a'.repeat(500) }))}.${payload}.${signature}`,
      [header, 'a'.repeat(342), 'a'.repeat(16), 'a'.repeat(40_000), 'a'.repeat(22)].join('.'),
      `${header}.${'a'.repeat(6001)}.${signature}`,
      `${'a.'.repeat(3000)}a`,
    ]
    for (const text of others) await refusalOf('CREDENTIALS_MALFORMED', () => parseCompactToken(text))
    expect(performance.now() - start).toBeLessThan(200)
  })

  test('when it nests deeply, or is accepted: nothing else is thrown', async () => {
    const outcomes = [1, 500, 2200].map((depth) => {
      try {
        const nested = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
        return parseCompactToken(signParts(JSON.stringify(validHeader), nested)).keyId
      } catch (error) {
        return (error as { code?: string }).code
      }
    })
    for (const outcome of outcomes) expect([issuerKey.keyId, 'CREDENTIALS_MALFORMED']).toContain(outcome)
  })
})

describe('a token is not valid', () => {
  test('with another algorithm', async () => {
    const others = [
      ...['none', 'None', 'NONE', 'noNE', 'HS256', 'HS512', 'RS256', 'PS256', 'ES384', 'ES512', 'ES256K', 'EdDSA'],
      ...['Ed25519', 'es256', 'Es256', 'ES256 ', ' ES256', 'ES256\0', '', null, 256, true, ['ES256'], { alg: 'ES256' }],
      undefined,
    ]
    for (const alg of others) await refusalOf('TOKEN_INVALID', () => parseCompactToken(signToken({ header: { alg } })))
  })

  test('with another type', async () => {
    const others = [
      ...['JWT', 'jwt', 'JOSE', 'AT+JWT', 'At+jwt', 'application/at+jwt', 'at+jwt ', 'at+jwt;v=1', ''],
      ...['secevent+jwt', 'wit+jwt', 'dpop+jwt', 'logout+jwt', 'token-introspection+jwt', 'refresh+jwt'],
      ...[null, 1, ['at+jwt'], { typ: 'at+jwt' }, undefined],
    ]
    for (const typ of others) await refusalOf('TOKEN_INVALID', () => parseCompactToken(signToken({ header: { typ } })))
  })

  test('with a key ID that is not a SHA-256 thumbprint', async () => {
    const { keyId } = issuerKey
    const others = [
      ...[undefined, null, 1, true, {}, [], [keyId], { kid: keyId }, '', 'key-1', keyId.slice(1), `${keyId}A`],
      ...[`${keyId}\n`, `${keyId.slice(1)}=`, `${keyId.slice(1)}.`, '../../etc/passwd', "' OR 1=1 --", 'a'.repeat(200)],
      ...['__proto__', 'constructor', 'https://evil.example/keys'],
    ]
    for (const kid of others) await refusalOf('TOKEN_INVALID', () => parseCompactToken(signToken({ header: { kid } })))
  })

  test('with any other member in its header', async () => {
    const jwk = issuerKey.publicKey.export({ format: 'jwk' })
    const members: readonly (readonly [string, unknown])[] = [
      ['crit', ['exp']],
      ['crit', []],
      ['b64', false],
      ['b64', true],
      ['jwk', jwk],
      ['jku', 'http://localhost'],
      ['x5u', 'http://localhost'],
      ['x5c', ['MIIB']],
      ['x5t', ''],
      ['zip', 'DEF'],
      ['cty', 'JWT'],
      ['enc', 'A256GCM'],
      ['p2c', 2 ** 31],
      ['', ''],
      ['ALG', 'ES256'],
      ['toString', 1],
      ['constructor', null],
    ]
    for (const [name, value] of members) {
      await refusalOf('TOKEN_INVALID', () => parseCompactToken(signToken({ header: { [name]: value } })))
    }
    const prototype = JSON.stringify(validHeader).replace('}', ',"__proto__":{"alg":"none"}}')
    await refusalOf('TOKEN_INVALID', () => parseCompactToken(signParts(prototype, JSON.stringify(validPayload))))
  })
})

const ALPHABET = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']

/** What a lenient decoder takes for the same bytes. */
function otherSpellingsOf(part: string): readonly string[] {
  const bytes = Buffer.from(part, 'base64url')
  return ALPHABET.map((last) => part.slice(0, -1) + last).filter(
    (spelling) => spelling !== part && Buffer.from(spelling, 'base64url').equals(bytes),
  )
}
