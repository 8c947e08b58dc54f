import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AuthError } from '../../src/core/errors.ts'
import { type LiveCall, LiveCalls } from '../../src/interceptor/live-calls.ts'
import { createTestClock, type TestClock } from '../../src/testing/test-clock.ts'
import type { VerifiedToken } from '../../src/token/verify.ts'
import type { TrustState } from '../../src/trust/trust-state.ts'
import { anotherPeer, createVerifier, issuedAt, issuedAtMs, peer, signToken, trustOfIssuer } from '../support/token.ts'
import { revoke } from '../support/trust.ts'

const MINUTE_MS = 60_000
const token = await createVerifier()(signToken(), peer)

let clock: TestClock
let trust: TrustState
let calls: LiveCalls

beforeEach(() => {
  vi.useFakeTimers()
  clock = createTestClock(issuedAtMs + 10_000)
  trust = trustOfIssuer({ clock })
  calls = new LiveCalls({ trust, clock })
})
afterEach(() => {
  calls.close()
  vi.useRealTimers()
})

interface WatchedCall extends LiveCall {
  /** The codes that it was ended with. */
  readonly endings: readonly string[]
  readonly refusals: readonly AuthError[]
}

function begin(differs: Partial<LiveCall> = {}): WatchedCall {
  const refusals: AuthError[] = []
  const call = {
    isStream: true,
    peer,
    token,
    endWith: (refusal: AuthError) => void refusals.push(refusal),
    refusals,
    get endings() {
      return refusals.map(({ code }) => code)
    },
    ...differs,
  }
  calls.begin(call)
  return call
}

const unary = { isStream: false }
const byCertificate = { token: undefined }

describe('calls under way', () => {
  test('are settled at once where there is none', async () => {
    expect(await calls.settle(1_000)).toBe(true)
  })

  test('are settled when the last has ended', async () => {
    const [first, second] = [begin(unary), begin(unary)]
    let settled: boolean | undefined
    void calls.settle(1_000).then((value) => {
      settled = value
    })
    calls.end(first)
    calls.end(first)
    await vi.advanceTimersByTimeAsync(500)
    expect(settled).toBeUndefined()
    calls.end(second)
    await vi.advanceTimersByTimeAsync(0)
    expect(settled).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('are given up after the time that they were given', async () => {
    begin(unary)
    const settled = calls.settle(1_000)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await settled).toBe(false)
  })
})

describe('a revocation ends', () => {
  test.each<[title: string, id: string, kind: 'token' | 'grant' | 'signingKey']>([
    ['the calls of a token', token.tokenId, 'token'],
    ['those of a grant', token.grantId, 'grant'],
    ['those of a signing key', token.keyId, 'signingKey'],
  ])('%s, of whichever kind, and no other', (_, id, kind) => {
    const others = [begin(byCertificate), begin({ token: otherToken() })]
    const ended = [begin(), begin(unary)]
    revoke(trust, { kind, id, until: issuedAt + 3600 })
    for (const { endings } of ended) expect(endings).toEqual(['TOKEN_REVOKED'])
    for (const { endings } of others) expect(endings).toEqual([])
  })

  test('the calls of a certificate, with a token and without, and no other', () => {
    const other = begin({ ...byCertificate, peer: anotherPeer })
    const unknown = begin({ peer: undefined, token: undefined })
    const ended = [begin(), begin(byCertificate), begin(unary)]
    revoke(trust, { kind: 'certificate', id: peer.serialNumber, until: issuedAt + 3600 })
    for (const { endings } of ended) expect(endings).toEqual(['CERTIFICATE_REVOKED'])
    expect([...other.endings, ...unknown.endings]).toEqual([])
  })

  test('the calls of a service that is blocked, and none once that is lifted', () => {
    const before = begin()
    revoke(trust, { kind: 'block', id: peer.serviceId, isLifted: false })
    revoke(trust, { kind: 'block', id: peer.serviceId, isLifted: true })
    const after = begin()
    revoke(trust, { kind: 'token', id: 'another', until: issuedAt + 3600 })
    expect([before.endings, after.endings]).toEqual([['CERTIFICATE_REVOKED'], []])
  })

  test('up to a time, with 30 s of room, and to the second', () => {
    const issuedAfter = (seconds: number) => begin({ token: { ...otherToken(), issuedAt: issuedAt + seconds } })
    const [early, last, late] = [issuedAfter(0), issuedAfter(30), issuedAfter(31)]
    revoke(trust, { kind: 'subject', id: peer.serviceId, upTo: issuedAt })
    expect([early.endings, last.endings, late.endings]).toEqual([['TOKEN_REVOKED'], ['TOKEN_REVOKED'], []])
  })

  test('what stood in a snapshot that takes the place of what was known', () => {
    const call = begin()
    const contents = trust.beginSnapshot({ epoch: 2, sequence: 1 }, 'https://authority.shop.internal')
    contents.add([{ kind: 'token', id: token.tokenId, until: issuedAt + 3600 }])
    trust.replace(contents)
    expect(call.endings).toEqual(['TOKEN_REVOKED'])
  })

  test('no call that is over, and none of a server that has closed', () => {
    const over = begin()
    calls.end(over)
    const left = begin()
    calls.close()
    revoke(trust, { kind: 'token', id: token.tokenId, until: issuedAt + 3600 })
    expect([...over.endings, ...left.endings]).toEqual([])
  })
})

describe('a stream ends', () => {
  test('when its token has been over for 30 s, to the second, where one with one answer goes on', () => {
    const [stream, single, certified] = [begin(), begin(unary), begin(byCertificate)]
    clock.set((token.expiresAt + 30) * 1000 - 1)
    trust.vouch({ epoch: 1, sequence: 1 }, 0)
    expect(stream.endings).toEqual([])
    clock.advance(1_001)
    expect(stream.endings).toEqual(['TOKEN_EXPIRED'])
    expect([...single.endings, ...certified.endings]).toEqual([])
  })

  test('when its certificate is over', () => {
    trust = trustOfIssuer({ clock, dangerouslyTrustForever: true })
    calls = new LiveCalls({ trust, clock })
    const [stream, certified] = [begin(), begin(byCertificate)]
    const single = begin(unary)
    clock.set(peer.notAfter)
    expect(certified.endings).toEqual([])
    clock.advance(1_000)
    expect(certified.endings).toEqual(['CERTIFICATE_EXPIRED'])
    expect(stream.endings).toEqual(['TOKEN_EXPIRED', 'CERTIFICATE_EXPIRED'])
    expect(single.endings).toEqual([])
  })

  test('and the reason names this clock where it is known to be wrong', () => {
    const stream = begin()
    trust.vouch({ epoch: 1, sequence: 1 }, 0, 93_000)
    clock.set((token.expiresAt + 30) * 1000)
    const [refusal] = stream.refusals
    expect(refusal?.message).toContain("this service's clock is 93 s ahead of the authority's")
  })

  test('where nothing is known for too long, after a moment in which an authority may be heard', async () => {
    const [stream, single] = [begin(byCertificate), begin(unary)]
    clock.advance(5 * MINUTE_MS + 1)
    expect(stream.endings).toEqual([])
    await vi.advanceTimersByTimeAsync(1_000)
    expect([stream.endings, single.endings]).toEqual([['VERIFIER_NOT_READY'], []])
  })

  test('not where an authority is heard within that moment, as when the machine has slept', async () => {
    const stream = begin(byCertificate)
    clock.advance(5 * MINUTE_MS + 1)
    await vi.advanceTimersByTimeAsync(500)
    trust.vouch({ epoch: 1, sequence: 1 }, 0)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(stream.endings).toEqual([])
  })

  test('not for that where its service trusts for ever', async () => {
    calls.close()
    trust = trustOfIssuer({ clock, dangerouslyTrustForever: true })
    calls = new LiveCalls({ trust, clock })
    const stream = begin(byCertificate)
    clock.advance(60 * MINUTE_MS)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(stream.endings).toEqual([])
  })
})

describe('the timer', () => {
  test('is one for all streams, and none where there is none', async () => {
    begin(unary)
    expect(vi.getTimerCount()).toBe(0)
    const streams = Array.from({ length: 100 }, () => begin())
    expect(vi.getTimerCount()).toBe(1)
    for (const stream of streams) calls.end(stream)
    clock.advance(1_000)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('also looks where the clock is set back: it is by another that it counts', async () => {
    let now = issuedAtMs
    trust = trustOfIssuer({ clock: () => now, dangerouslyTrustForever: true })
    calls = new LiveCalls({ trust, clock: () => now })
    const stream = begin()
    now -= 60 * MINUTE_MS
    await vi.advanceTimersByTimeAsync(1_000)
    now = (token.expiresAt + 30) * 1000
    await vi.advanceTimersByTimeAsync(1_100)
    expect(stream.endings).toContain('TOKEN_EXPIRED')
  })
})

function otherToken(): VerifiedToken {
  return { ...token, tokenId: 'other', grantId: 'other', keyId: 'other' }
}
