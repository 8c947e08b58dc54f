import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { TrustFeed } from '../../src/client/trust-feed.ts'
import { toEpochSeconds } from '../../src/core/clock.ts'
import type { WatchResponse } from '../../src/gen/countersign/v1/WatchResponse.ts'
import { createTestClock } from '../../src/testing/test-clock.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import type { TrustChange } from '../../src/trust/change.ts'
import type { Revision } from '../../src/trust/revision.ts'
import { TrustState } from '../../src/trust/trust-state.ts'
import { capturingLogger } from '../support/log.ts'
import { createTestCa, type TestCa } from '../support/pki.ts'
import { refuses, revokedToken } from '../support/publishing.ts'
import { publicationOf } from '../support/trust.ts'
import { delta, type FakeTrustService, heartbeat, page, startTrustService } from '../support/trust-service.ts'
import { ROUNDS, SEED } from './rounds.ts'
import { encodeMessage, HandmadeFeed } from './trust/handmade-feed.ts'
import { Link } from './trust/link.ts'

const clock = createTestClock()
const pki = createTestCa({ clock })
const authority = pki.credential('countersign/authority')
const at = (sequence: number): Revision => ({ epoch: 1, sequence })
const beat = (sequence: number) => heartbeat(at(sequence), { readAtMs: clock() })

describe('what an authority says, garbled, cut short, doubled, left out or out of order', () => {
  const until = toEpochSeconds(clock()) + 3_600
  const keys = [createSigningKey(), createSigningKey()].map(({ verificationKey }) => verificationKey)
  const [first, second] = keys.map((key) => publicationOf(key, { authority, clock }))
  const foreign = publicationOf(createSigningKey().verificationKey, { authority: pki.credential('orders'), clock })
  const everything: readonly TrustChange[] = [
    { kind: 'token', id: 'FpbhEyWBVBsNxeCqbF6jNQ', until },
    { kind: 'grant', id: 'FpbhEyWBVBsNxeCqbF6jNQ', until },
    { kind: 'certificate', id: '4a01', until },
    { kind: 'subject', id: 'user:alice', upTo: until },
    { kind: 'client', id: 'spiffe://shop.internal/orders', upTo: until },
    { kind: 'service', id: 'spiffe://shop.internal/orders', upTo: until },
    { kind: 'block', id: 'spiffe://shop.internal/orders', isLifted: false },
    { kind: 'block', id: 'spiffe://shop.internal/billing', isLifted: true },
  ]
  if (first === undefined || second === undefined) throw new TypeError('Two keys were made.')
  const conversation = [
    beat(7),
    page(at(7), [first, ...everything], { last: false }),
    page(at(7), [revokedToken('page two'), foreign], { page: 2 }),
    beat(7),
    delta(at(7), at(8), [second, revokedToken('one'), { kind: 'signingKey', id: first.id, until }]),
    beat(8),
    delta(at(8), at(9), everything),
    beat(9),
  ].map(encodeMessage)

  const mutation = fc.oneof(
    fc.record({ kind: fc.constant('flip'), at: fc.nat(), bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('cut'), at: fc.nat() }),
    fc.record({ kind: fc.constant('insert'), at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
    fc.record({ kind: fc.constantFrom('double', 'leave out', 'swap', 'cross') }),
  )
  type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never

  test('changes no key and no root that no authority has signed, and what is refused changes nothing', () => {
    let [refused, taken] = [0, 0]
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(conversation.length - 1), mutation), { minLength: 1, maxLength: 3 }),
        (mutations) => {
          const trust = new TrustState({ credential: pki.credential('verifier'), clock })
          let messages: readonly Uint8Array[] = conversation
          for (const [index, each] of mutations) messages = mutate(messages, index, each)
          let feed = new HandmadeFeed({ trust, clock })
          for (const message of messages) {
            const before = stateOf(trust)
            feed.bring(message)
            requireGenuine(trust)
            if (feed.ending === undefined) {
              taken += 1
              continue
            }
            refused += 1
            expect(feed.ending).toEqual({
              kind: expect.stringMatching(/refused|interrupted/),
              reason: expect.any(String),
            })
            expect(stateOf(trust)).toEqual(before)
            feed = new HandmadeFeed({ trust, clock })
          }
        },
      ),
      { numRuns: 100 * ROUNDS, seed: SEED },
    )
    expect(Math.min(refused, taken)).toBeGreaterThan(50 * ROUNDS)
  })

  function requireGenuine(trust: TrustState): void {
    const { current } = trust
    if (current === undefined) return
    for (const { keyId, publicKey } of current.keys.values()) {
      const genuine = keys.find((key) => key.keyId === keyId)
      expect(genuine?.publicKey.equals(publicKey)).toBe(true)
    }
    expect(current.roots.map(({ x509 }) => x509.fingerprint256)).toEqual(ROOTS)
  }

  const ROOTS = rootsOf(new TrustState({ credential: pki.credential('verifier'), clock }))

  function rootsOf(trust: TrustState): readonly string[] {
    const feed = new HandmadeFeed({ trust, clock })
    for (const message of conversation) feed.bring(message)
    return trust.head().roots.map(({ x509 }) => x509.fingerprint256)
  }

  function stateOf(trust: TrustState) {
    return { revision: trust.revision, head: trust.current, changes: [...trust.changes()] }
  }

  function mutate(messages: readonly Uint8Array[], index: number, mutated: Mutation): readonly Uint8Array[] {
    const all = messages.map((message) => Buffer.from(message))
    const message = all[index]
    if (message === undefined || message.length === 0) return all
    const position = 'at' in mutated ? mutated.at % message.length : 0
    if ('bit' in mutated) message[position] = (message[position] ?? 0) ^ (1 << mutated.bit)
    else if ('bytes' in mutated) {
      all[index] = Buffer.concat([message.subarray(0, position), mutated.bytes, message.subarray(position)])
    } else if ('at' in mutated) all[index] = message.subarray(0, position)
    else if (mutated.kind === 'double') all.splice(index, 0, message)
    else if (mutated.kind === 'leave out') all.splice(index, 1)
    else if (mutated.kind === 'swap') all.splice(index, 2, ...all.slice(index, index + 2).reverse())
    // The beginning of one message with the end of another.
    else all[index] = Buffer.concat([message.subarray(0, message.length / 2), all[0] ?? message])
    return all
  }
})

describe('a snapshot that is cut', () => {
  const PAGES = 6
  const WAYS: Readonly<Record<string, (fake: FakeTrustService, link: Link) => void>> = {
    'by the authority': (fake) => fake.end(),
    'by the network': (_, link) => link.cut(),
  }

  for (const [way, cut] of Object.entries(WAYS)) {
    test(`${way} after each of its pages is not in force, and what was known is`, async () => {
      const complete = () => [beat(7), page(at(7), [revokedToken('known')]), beat(7)]
      const fake = await startTrustService({ pki, clock, greeting: complete })
      const link = await Link.to(fake.address, clock)
      const { trust, feed } = follow(pki, link)
      await feed.ready(5_000)
      for (let count = 0; count < PAGES; count += 1) {
        const revision = at(8 + count)
        const pages = Array.from({ length: PAGES }, (_, index) =>
          page(revision, [revokedToken(`bad ${count}`)], { page: index + 1, last: index + 1 === PAGES }),
        )
        let sent = 0
        fake.greeting = (): readonly WatchResponse[] => {
          sent += 1
          return [beat(revision.sequence), ...pages.slice(0, count)]
        }
        cut(fake, link)
        await vi.waitUntil(() => sent === 1, { timeout: 8_000, interval: 5 })
        fake.greeting = complete
        await new Promise((resolve) => setTimeout(resolve, 30))
        expect([trust.revision, refuses(trust, 'known'), trust.isUsable]).toEqual([at(7), true, true])
        const { vouchCount } = trust
        cut(fake, link)
        await vi.waitUntil(() => trust.vouchCount > vouchCount, { timeout: 8_000, interval: 5 })
        for (let other = 0; other <= count; other += 1) expect(refuses(trust, `bad ${other}`)).toBe(false)
      }
    })
  }
})

function follow(ca: TestCa, { address }: Link) {
  const credential = ca.credential('orders')
  const client = new AuthorityClient({ address, credential, clock })
  const log = capturingLogger()
  const trust = new TrustState({ credential, clock, logger: log })
  const feed = new TrustFeed({ authorities: [client], trust, logger: log, clock, random: () => 0 })
  onTestFinished(() => {
    feed.stop()
    client.close()
  })
  return { trust, feed, log }
}
