import { describe, expect, test } from 'vitest'
import { LEEWAY_SECONDS, MAX_LIFETIME_SECONDS } from '../../src/token/verify.ts'
import type { Revocation } from '../../src/trust/change.ts'
import { RevocationIndex } from '../../src/trust/revocation-index.ts'

const NOW = 1_800_000_000
const until = NOW + 300
const orders = 'spiffe://shop.internal/orders'
const token = {
  tokenId: 'token-1',
  grantId: 'grant-1',
  subject: 'user:alice',
  clientId: orders,
  keyId: 'key-1',
  issuedAt: NOW,
}
const certificate = { serviceId: orders, serialNumber: '0a0b', issuerKeyId: 'c0de' }

function indexOf(...revocations: readonly Revocation[]): RevocationIndex {
  const index = new RevocationIndex()
  for (const revocation of revocations) index.add(revocation)
  return index
}

const isTokenRefused = (index: RevocationIndex, changed: Partial<typeof token> = {}) =>
  index.refusalOfToken({ ...token, ...changed })?.code === 'TOKEN_REVOKED'

describe('the index of revocations, of a token', () => {
  const byId: readonly [Revocation, Partial<typeof token>][] = [
    [{ kind: 'token', id: 'token-1', until }, { tokenId: 'token-2' }],
    [{ kind: 'grant', id: 'grant-1', until }, { grantId: 'grant-2' }],
    [{ kind: 'signingKey', id: 'key-1', until }, { keyId: 'key-2' }],
  ]
  for (const [revocation, other] of byId) {
    test(`refuses it by its ${revocation.kind}, and none of another ${revocation.kind}`, () => {
      const index = indexOf(revocation)
      expect(isTokenRefused(index)).toBe(true)
      expect(isTokenRefused(index, other)).toBe(false)
    })
  }

  test('does not take the ID of one kind for that of another', () => {
    const index = indexOf(
      { kind: 'token', id: 'grant-1', until },
      { kind: 'grant', id: 'token-1', until },
      { kind: 'signingKey', id: 'token-1', until },
      { kind: 'certificate', id: 'token-1', until },
      { kind: 'intermediate', id: 'key-1', until },
      { kind: 'client', id: 'user:alice', upTo: NOW },
      { kind: 'subject', id: orders, upTo: NOW },
    )
    expect(isTokenRefused(index)).toBe(false)
  })

  const floors: readonly [Revocation, Partial<typeof token>][] = [
    [{ kind: 'subject', id: 'user:alice', upTo: NOW }, { subject: 'user:bob' }],
    [{ kind: 'client', id: orders, upTo: NOW }, { clientId: `${orders}/2` }],
    [{ kind: 'service', id: orders, upTo: NOW }, { clientId: `${orders}/2` }],
  ]
  for (const [revocation, other] of floors) {
    test(`refuses what was issued up to a time, and a skew later, by its ${revocation.kind}`, () => {
      const index = indexOf(revocation)
      expect(isTokenRefused(index, { issuedAt: NOW - 1_000 })).toBe(true)
      expect(isTokenRefused(index, { issuedAt: NOW + LEEWAY_SECONDS })).toBe(true)
      expect(isTokenRefused(index, { issuedAt: NOW + LEEWAY_SECONDS + 1 })).toBe(false)
      expect(isTokenRefused(index, other)).toBe(false)
    })
  }

  test('refuses what was issued in the name of a service, and to it', () => {
    const index = indexOf({ kind: 'service', id: orders, upTo: NOW })
    expect(isTokenRefused(index, { subject: orders, clientId: 'spiffe://shop.internal/billing' })).toBe(true)
  })

  test('refuses whatever a blocked service has, until that is lifted', () => {
    const index = indexOf({ kind: 'block', id: orders, isLifted: false })
    expect(isTokenRefused(index, { issuedAt: NOW + 10_000 })).toBe(true)
    expect(isTokenRefused(index, { clientId: 'spiffe://shop.internal/billing', subject: orders })).toBe(true)
    index.add({ kind: 'block', id: orders, isLifted: true })
    expect(isTokenRefused(index)).toBe(false)
  })

  test('keeps the later of two floors, in whichever order they come', () => {
    for (const times of [
      [NOW - 500, NOW],
      [NOW, NOW - 500],
    ]) {
      const index = indexOf(...times.map((upTo): Revocation => ({ kind: 'subject', id: 'user:alice', upTo })))
      expect(isTokenRefused(index)).toBe(true)
    }
  })

  test('tells the log what was revoked, and the caller what to do', () => {
    const refusal = indexOf({ kind: 'grant', id: 'grant-1', until }).refusalOfToken(token)
    expect(refusal?.logDetail).toBe('revoked: its grant')
    expect(refusal?.message).not.toContain('grant')
  })
})

describe('the index of revocations, of a certificate', () => {
  const refusalWith = (...revocations: readonly Revocation[]) =>
    indexOf(...revocations).refusalOfCertificate(certificate)?.code

  test('refuses it by its serial number, its intermediate and its service', () => {
    expect(refusalWith({ kind: 'certificate', id: '0a0b', until })).toBe('CERTIFICATE_REVOKED')
    expect(refusalWith({ kind: 'intermediate', id: 'c0de', until })).toBe('CERTIFICATE_REVOKED')
    expect(refusalWith({ kind: 'block', id: orders, isLifted: false })).toBe('CERTIFICATE_REVOKED')
  })

  test('refuses no other', () => {
    expect(
      refusalWith(
        { kind: 'certificate', id: 'c0de', until },
        { kind: 'intermediate', id: '0a0b', until },
        { kind: 'block', id: 'spiffe://shop.internal/billing', isLifted: false },
        { kind: 'service', id: orders, upTo: NOW }, // its certificates come one by one
      ),
    ).toBeUndefined()
  })

  test('refuses one that does not say who issued it, where any intermediate is distrusted', () => {
    const unsigned = { ...certificate, issuerKeyId: undefined }
    expect(indexOf().refusalOfCertificate(unsigned)).toBeUndefined()
    const index = indexOf({ kind: 'intermediate', id: 'beef', until })
    expect(index.refusalOfCertificate(unsigned)?.code).toBe('CERTIFICATE_REVOKED')
  })
})

describe('the index of revocations', () => {
  const everything: readonly Revocation[] = [
    { kind: 'token', id: 't', until },
    { kind: 'grant', id: 'g', until },
    { kind: 'certificate', id: '0c', until },
    { kind: 'intermediate', id: '0d', until },
    { kind: 'signingKey', id: 'k', until },
    { kind: 'subject', id: 'user:s', upTo: NOW },
    { kind: 'client', id: 'client:c', upTo: NOW },
    { kind: 'service', id: orders, upTo: NOW },
    { kind: 'block', id: orders, isLifted: false },
  ]

  test('tells what it holds, as it came', () => {
    const index = indexOf(...everything)
    expect(index.size).toBe(everything.length)
    expect([...index.entries()]).toEqual(everything)
  })

  test('forgets what is over, and neither a block nor what tokens may still rest on', () => {
    const index = indexOf(...everything)
    index.sweep(10, until + 2 * LEEWAY_SECONDS)
    index.sweep(10, until + 2 * LEEWAY_SECONDS)
    expect(index.size).toBe(everything.length)
    index.sweep(10, until + 2 * LEEWAY_SECONDS + 1)
    const left = () => [...index.entries()].map(({ kind }) => kind)
    expect(left()).toEqual(['subject', 'client', 'service', 'block'])
    const lastLife = NOW + MAX_LIFETIME_SECONDS + 2 * LEEWAY_SECONDS
    index.sweep(10, lastLife)
    index.sweep(10, lastLife)
    expect(left()).toEqual(['subject', 'client', 'service', 'block'])
    index.sweep(10, lastLife + 1)
    index.sweep(10, lastLife + 1)
    expect(left()).toEqual(['block'])
  })
})
