import { sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createHierarchy } from '../../src/ca/issuers/hierarchy.ts'
import { encodeStatement, parseStatement, signStatement, verifyStatement } from '../../src/identity/bundle-statement.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { TEST_PROFILES } from '../../src/testing/test-profiles.ts'
import { refusalOf } from '../support/refusal.ts'

const now = Date.UTC(2027, 0, 1)
const trustDomain = parseTrustDomain('shop.internal')
const held = createHierarchy(trustDomain, TEST_PROFILES, now)
const next = createHierarchy(trustDomain, TEST_PROFILES, now)
const statement = { trustDomain, epoch: 1, sequence: 2, roots: [held.root, next.root] }
const text = encodeStatement(statement)

describe('a bundle statement', () => {
  test('that a held root has signed brings all the roots that it names', () => {
    const signed = { text, signature: signStatement(text, held.rootKey) }
    const { roots, ...rest } = verifyStatement(signed, trustDomain, [held.root], now)
    expect(rest).toEqual({ trustDomain, epoch: 1, sequence: 2 })
    expect(roots.map(({ der }) => der)).toEqual([held.root.der, next.root.der])
  })

  test('is good where any of the held roots has signed it', () => {
    const signed = { text, signature: signStatement(text, held.rootKey) }
    expect(verifyStatement(signed, trustDomain, [next.root, held.root], now).sequence).toBe(2)
  })

  test('is refused where a root that is not held, an intermediate or nobody has signed it', async () => {
    const signatures = [
      signStatement(text, next.rootKey),
      signStatement(text, held.intermediateKey),
      signStatement(`${text} `, held.rootKey),
      Buffer.alloc(0),
      Buffer.from('300602010002010000', 'hex'),
    ]
    for (const signature of signatures) {
      await refusalOf('REQUEST_INVALID', () => verifyStatement({ text, signature }, trustDomain, [held.root], now))
    }
  })

  test('is refused of another trust domain', async () => {
    const foreign = encodeStatement({ ...statement, trustDomain: parseTrustDomain('elsewhere.internal') })
    const signed = { text: foreign, signature: signStatement(foreign, held.rootKey) }
    const { message } = await refusalOf('REQUEST_INVALID', () => verifyStatement(signed, trustDomain, [held.root], now))
    expect(message).toContain('elsewhere.internal instead of shop.internal')
  })

  test('is refused of a root that has expired, or is not valid yet', async () => {
    const signed = { text, signature: signStatement(text, held.rootKey) }
    for (const time of [held.root.notBefore - 1, held.root.notAfter + 1]) {
      await refusalOf('REQUEST_INVALID', () => verifyStatement(signed, trustDomain, [held.root], time))
    }
  })

  test('is refused of a root that may sign certificates only', async () => {
    const signature = sign('sha256', Buffer.from(text), { key: held.intermediateKey, dsaEncoding: 'der' })
    // The intermediate stands for such a root: its key usage has no digitalSignature.
    const roots = [held.intermediate]
    await refusalOf('REQUEST_INVALID', () => verifyStatement({ text, signature }, trustDomain, roots, now))
  })
})

describe('the text of a statement', () => {
  test('is read as it was written', () => {
    expect(encodeStatement(parseStatement(text))).toBe(text)
  })

  test('has one spelling, and nothing else is read', async () => {
    const { type, ...members } = JSON.parse(text)
    const change = (changes: object) => JSON.stringify({ ...JSON.parse(text), ...changes })
    const others = [
      '',
      'null',
      '[]',
      `${text}\n`,
      ` ${text}`,
      text.replace('"epoch":1', '"epoch": 1'),
      text.replace('"epoch":1', '"epoch":1.0'),
      text.replace('"epoch":1', '"epoch":1,"epoch":1'),
      JSON.stringify({ ...members, type }),
      JSON.stringify(members),
      change({ type: 'countersign token' }),
      change({ extra: 1 }),
      change({ epoch: 0 }),
      change({ epoch: '1' }),
      change({ sequence: 1.5 }),
      change({ sequence: -1 }),
      change({ sequence: 2 ** 53 }),
      change({ trustDomain: 'Shop.internal' }),
      change({ trustDomain: 1 }),
      change({ roots: [] }),
      change({ roots: 'MII' }),
      change({ roots: [1] }),
      change({ roots: ['MII'] }),
      change({ roots: [held.root.der.toString('base64url')] }),
      change({ roots: Array.from({ length: 17 }, () => held.root.der.toString('base64')) }),
    ]
    for (const other of others) await refusalOf('REQUEST_INVALID', () => parseStatement(other))
  })
})
