import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { parseCompactToken } from '../../src/token/compact.ts'
import { refusalOf } from '../support/refusal.ts'
import {
  createVerifier,
  encodePart,
  issuerKey,
  otherSignature,
  peer,
  signToken,
  validHeader,
  validPayload,
} from '../support/token.ts'

const verify = createVerifier()
const valid = signToken()
const [header = '', payload = '', signature = ''] = valid.split('.')

/** The token that a verifier accepts, or the code of its refusal; anything else that is thrown fails the test. */
async function outcomeOf(text: string): Promise<string> {
  try {
    return (await verify(text, peer)).tokenId
  } catch (error) {
    if (error instanceof AuthError) return error.code
    throw error
  }
}

/** Characters that mean something to some parser on the way. */
const character = fc.oneof(
  fc.constantFrom(...'.-_+/=, \n\r\t\0"{}%\\', '\ufeff', '\u00a0', '\ud800', 'é', '\u{1f600}'),
  fc.constantFrom(...'ABCXYZabcxyz0189'),
  fc.string({ minLength: 1, maxLength: 3, unit: 'binary' }),
)

const position = fc.nat(valid.length)

const change = fc.oneof(
  fc.record({ at: position, remove: fc.nat(2), insert: character }),
  fc.record({ at: position, remove: fc.integer({ min: 1, max: 4 }), insert: fc.constant('') }),
  fc.record({ at: position, remove: fc.constant(0), insert: position.map((start) => valid.slice(start, start + 8)) }),
)

const mutation = fc
  .array(change, { minLength: 1, maxLength: 4 })
  .map((changes) =>
    changes.reduce((text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove), valid),
  )

describe('a token has one spelling', () => {
  test('and every change of its characters is refused', async () => {
    await fc.assert(
      fc.asyncProperty(mutation, async (text) => {
        const outcome = await outcomeOf(text)
        if (outcome === validPayload.jti) expect(text).toBe(valid)
        else expect(['CREDENTIALS_MALFORMED', 'TOKEN_INVALID']).toContain(outcome)
      }),
      { numRuns: 3000 },
    )
  })

  test('and every single character of it counts', async () => {
    for (let index = 0; index < valid.length; index++) {
      const replacement = valid[index] === 'A' ? 'B' : 'A'
      const outcome = await outcomeOf(valid.slice(0, index) + replacement + valid.slice(index + 1))
      expect(['CREDENTIALS_MALFORMED', 'TOKEN_INVALID']).toContain(outcome)
    }
  })

  test('and every other JSON text of its header or its payload is refused', async () => {
    await fc.assert(
      fc.asyncProperty(jsonSpelling(validHeader), jsonSpelling(validPayload), async (ownHeader, ownPayload) => {
        const text = `${encodePart(ownHeader)}.${encodePart(ownPayload)}.${signature}`
        if (text !== valid) expect(['CREDENTIALS_MALFORMED', 'TOKEN_INVALID']).toContain(await outcomeOf(text))
      }),
      { numRuns: 1000 },
    )
  })

  test('and its signature has one form: ECDSA verifies another with −s in the place of s', async () => {
    const other = otherSignature(Buffer.from(signature, 'base64url')).toString('base64url')
    await refusalOf('TOKEN_INVALID', () => verify(`${header}.${payload}.${other}`, peer))
  })

  test('and its token ID is text that can be written down', async () => {
    const others = ['\ud800', 'a\udc00b', '\u0000', 'a\nb', '\u001b[2J', '\u202e']
    for (const jti of others) await refusalOf('TOKEN_INVALID', () => verify(signToken({ payload: { jti } }), peer))
  })
})

describe('whatever is sent as a token', () => {
  test('is refused with a code, and nothing else is thrown', async () => {
    const anyText = fc.oneof(
      fc.string({ maxLength: 300, unit: 'binary' }),
      fc.string({ maxLength: 300 }),
      fc.base64String({ maxLength: 300 }),
      fc.tuple(fc.json(), fc.json(), fc.uint8Array({ maxLength: 80 })).map((parts) => parts.map(encodePart).join('.')),
      fc
        .array(fc.constantFrom(header, payload, signature, '.', 'e30'), { maxLength: 9 })
        .map((parts) => parts.join('')),
    )
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        if (text === valid) return
        expect(['CREDENTIALS_MALFORMED', 'TOKEN_INVALID']).toContain(await outcomeOf(text))
      }),
      { numRuns: 3000 },
    )
  })

  test('has the one spelling where JSON.stringify wrote it, whatever it says', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 })), (claims) => {
        const text = signToken({ payload: claims })
        if (text.length <= 6144) expect(parseCompactToken(text).keyId).toBe(issuerKey.keyId)
      }),
      { numRuns: 300 },
    )
  })

  test('and signed by the issuer is accepted or refused with a code', async () => {
    const claim = fc.constantFrom(...Object.keys(validPayload), 'nbf', 'act', '__proto__', 'constructor')
    await fc.assert(
      fc.asyncProperty(claim, fc.jsonValue(), async (name, value) => {
        expect(await outcomeOf(signToken({ payload: { [name]: value } }))).toBeTypeOf('string')
      }),
      { numRuns: 1000 },
    )
  })
})

/** JSON texts of the same members: other orders, spaces, escapes, and one member twice. */
function jsonSpelling(value: object): fc.Arbitrary<string> {
  const members = Object.entries(value).map(([name, member]) => [JSON.stringify(name), JSON.stringify(member)] as const)
  const space = fc.constantFrom('', '', '', '', ' ', '\n', '\t', '\r')
  const separator = fc.constantFrom(',', ',', ',', ', ', ' ,', ',\n')
  return fc
    .record({
      order: fc.shuffledSubarray([...members, ...members.slice(0, 1)], { minLength: members.length }),
      space,
      separator,
      escaped: fc.boolean(),
    })
    .map(({ order, space: filler, separator: comma, escaped }) => {
      const text = order.map(([name, member]) => `${name}:${filler}${member}`).join(comma)
      return `{${escaped ? text.replace(/[a-z]/, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`) : text}}`
    })
}
