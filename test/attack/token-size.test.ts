import { describe, expect, test } from 'vitest'
import { refusalOf } from '../support/refusal.ts'
import { createVerifier, encodePart, peer, signToken, validHeader } from '../support/token.ts'

const verify = createVerifier()
const [header = '', payload = '', signature = ''] = signToken().split('.')
const MB = 2 ** 20

const encoded = (value: object) => encodePart(JSON.stringify(value))
const jwe = (own: object, ciphertext: string) =>
  [encoded(own), 'AAAA', 'A'.repeat(16), ciphertext, 'A'.repeat(22)].join('.')

/** What is large, or would make a careless reader work: all of it is refused before it is decoded. */
const LARGE: readonly (readonly [title: string, token: string])[] = [
  ['a megabyte of dots', '.'.repeat(MB)],
  ['a megabyte of parts', 'a.'.repeat(MB / 2)],
  ['a megabyte of one part', 'a'.repeat(MB)],
  ['a header of 64 KB', `${encoded({ ...validHeader, x: 'a'.repeat(48_000) })}.${payload}.${signature}`],
  ['a header of 64 KB of braces', `${encodePart('{"a":'.repeat(10_000))}.${payload}.${signature}`],
  ['a payload of a megabyte', `${header}.${encoded({ x: 'a'.repeat(MB) })}.${signature}`],
  ['a payload of 100,000 members', `${header}.${encoded(Array.from({ length: 100_000 }))}.${signature}`],
  ['a payload of 100,000 lists within lists', `${header}.${encodePart('['.repeat(100_000))}.${signature}`],
  ['a signature of a megabyte', `${header}.${payload}.${'A'.repeat(MB)}`],
  ['2^31 rounds of PBES2', jwe({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2 ** 31, p2s: 'AAAA' }, 'AAAA')],
  ['what unpacks to more', jwe({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' }, 'A'.repeat(MB))],
  ['a megabyte of padding', `${header}.${payload}.${signature}${'='.repeat(MB)}`],
  ['a megabyte of spaces', `${header}.${payload}.${signature}${' '.repeat(MB)}`],
  ['the longest that is looked at, of dots', '.'.repeat(6144)],
  ['the longest that is looked at, of one part', 'a'.repeat(6144)],
  ['the longest that is looked at, but for its end', `${header}.${'a'.repeat(5800)}.${'a'.repeat(85)}!`],
]

const ROUNDS = 20

describe('a token is refused within 5 ms, and takes no memory', () => {
  for (const [title, token] of LARGE) {
    test(`for ${title}`, async () => {
      await refusalOf('CREDENTIALS_MALFORMED', () => verify(token, peer))
      const before = process.memoryUsage()
      const times: number[] = []
      for (let round = 0; round < ROUNDS; round += 1) {
        const start = performance.now()
        await verify(token, peer).catch(() => {})
        times.push(performance.now() - start)
      }
      const after = process.memoryUsage()
      // The median: another process may have the processor once.
      expect(times.toSorted((one, other) => one - other)[ROUNDS / 2]).toBeLessThan(5)
      const taken = after.heapUsed + after.external - before.heapUsed - before.external
      expect(taken).toBeLessThan(ROUNDS * 0.1 * MB)
    })
  }
})
