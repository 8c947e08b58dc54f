import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createHierarchy } from '../../src/ca/issuers/hierarchy.ts'
import type { AuthError } from '../../src/core/errors.ts'
import { encodeStatement, signStatement } from '../../src/identity/bundle-statement.ts'
import { encodeCertificate } from '../../src/identity/pem.ts'
import { parseCertificates } from '../../src/identity/pem-certificates.ts'
import * as kit from '../../src/testing/test-ca.ts'
import { createTestClock, type TestClock } from '../../src/testing/test-clock.ts'
import { TEST_PROFILES } from '../../src/testing/test-profiles.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import type { TrustChange } from '../../src/trust/change.ts'
import type { RevocationIndex } from '../../src/trust/revocation-index.ts'
import { TrustState } from '../../src/trust/trust-state.ts'
import { ISSUER } from '../support/authority.ts'
import { type CapturingLogger, capturingLogger } from '../support/log.ts'
import { createTestCa, pkiOf } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'
import { bring, publicationOf, trustIn } from '../support/trust.ts'

const pki = createTestCa()
const credential = pki.credential('orders')
const key = createSigningKey().verificationKey
const MINUTE_MS = 60_000
const until = 2_000_000_000
const at = (sequence: number, epoch = 1) => ({ epoch, sequence })

let clock: TestClock
let log: CapturingLogger
beforeEach(() => {
  clock = createTestClock()
  log = capturingLogger()
})

const empty = () => new TrustState({ credential, clock, logger: log })
const known = () => trustIn({ pki, keys: [key], clock, logger: log })
const publish = (published = key, authority = pki.credential('countersign/authority')) =>
  publicationOf(published, { authority, clock })
const tokenOf = (tokenId: string, keyId = key.keyId) => ({
  tokenId,
  grantId: tokenId,
  subject: credential.serviceId,
  clientId: credential.serviceId,
  keyId,
  issuedAt: Math.floor(clock() / 1000),
})
const revokedToken = (id: string): TrustChange => ({ kind: 'token', id, until })

describe('the state of trust', () => {
  test('is unknown at first: whoever asks is refused, and nothing is known against anybody', async () => {
    const trust = empty()
    await refusalOf('VERIFIER_NOT_READY', () => trust.head())
    expect(trust).toMatchObject({ isUsable: false, current: undefined, revision: undefined, entryCount: 0 })
    expect(trust.freshness).toEqual({ state: 'empty' })
    expect(trust.refusalOfToken(tokenOf('a'))).toBeUndefined()
    expect([...trust.changes()]).toEqual([])
  })

  test('is not to be gone by until an authority vouches for it', async () => {
    const trust = empty()
    trust.replace(trust.beginSnapshot(at(1), ISSUER))
    await refusalOf('VERIFIER_NOT_READY', () => trust.head())
    expect(trust.vouch(at(1), 0)).toBe(true)
    expect(trust.head()).toMatchObject({ issuer: ISSUER })
  })

  test('takes changes that follow on what is known, and knows its revision', () => {
    const trust = known()
    bring(trust, revokedToken('a'))
    expect(trust.revision).toEqual(at(2))
    expect(trust.refusalOfToken(tokenOf('a'))?.code).toBe('TOKEN_REVOKED')
    expect(trust.refusalOfToken(tokenOf('b'))).toBeUndefined()
    expect(trust.entryCount).toBe(1)
  })

  test('refuses changes that do not follow, and stays as it is', async () => {
    const trust = known()
    bring(trust, revokedToken('a'))
    const changes = [revokedToken('b')]
    const wrong = [
      { after: at(3), revision: at(4), changes }, // something is missing
      { after: at(1), revision: at(2), changes }, // it came before
      { after: at(2), revision: at(2), changes },
      { after: at(2), revision: at(1), changes },
      { after: at(2), revision: at(3, 2), changes },
      { after: at(2, 2), revision: at(3, 2), changes },
    ]
    for (const delta of wrong) await refusalOf('REQUEST_INVALID', () => trust.apply(delta))
    await refusalOf('REQUEST_INVALID', () => empty().apply({ after: at(0), revision: at(1), changes }))
    expect(trust.revision).toEqual(at(2))
    expect(trust.refusalOfToken(tokenOf('b'))).toBeUndefined()
  })

  test('is replaced whole by a snapshot, and not before that is put in force', () => {
    const trust = known()
    bring(trust, revokedToken('a'))
    const snapshot = trust.beginSnapshot(at(7), ISSUER)
    snapshot.add([revokedToken('b')])
    snapshot.add([revokedToken('c'), publish()])
    expect(trust.refusalOfToken(tokenOf('b'))).toBeUndefined()
    trust.replace(snapshot)
    expect(trust.revision).toEqual(at(7))
    expect(['a', 'b', 'c'].map((id) => trust.refusalOfToken(tokenOf(id)) !== undefined)).toEqual([false, true, true])
    expect([...trust.head().keys.keys()]).toEqual([key.keyId])
  })

  test('goes from epoch to epoch, and never back', async () => {
    const trust = known()
    trust.replace(trust.beginSnapshot(at(1, 2), ISSUER))
    expect(trust.revision).toEqual(at(1, 2))
    for (const revision of [at(9), at(0, 2)]) {
      await refusalOf('REQUEST_INVALID', () => trust.replace(trust.beginSnapshot(revision, ISSUER)))
    }
    await refusalOf('REQUEST_INVALID', () => trust.beginSnapshot(at(2, 2), ''))
    expect(trust.revision).toEqual(at(1, 2))
  })

  test('tells each subscriber what has come, until it has had enough', () => {
    const trust = known()
    bring(trust, revokedToken('a'))
    const heard: RevocationIndex[] = []
    const unsubscribe = trust.subscribe(({ revocations }) => heard.push(revocations))
    bring(trust, revokedToken('b'))
    expect([...(heard[0]?.entries() ?? [])]).toEqual([revokedToken('b')])
    const snapshot = trust.beginSnapshot(at(9), ISSUER)
    snapshot.add([revokedToken('a'), revokedToken('b')])
    trust.replace(snapshot)
    expect(heard[1]?.size).toBe(2)
    unsubscribe()
    trust.apply({ after: at(9), revision: at(10), changes: [] })
    expect(heard).toHaveLength(2)
  })

  test('tells all that it knows, for another to know the same', () => {
    const trust = known()
    const changes = [revokedToken('a'), { kind: 'block', id: 'spiffe://shop.internal/x', isLifted: false } as const]
    bring(trust, ...changes)
    const other = empty()
    const snapshot = other.beginSnapshot(at(2), ISSUER)
    snapshot.add([...trust.changes()])
    other.replace(snapshot)
    other.vouch(at(2), 0)
    expect([...other.changes()]).toEqual([...trust.changes()])
    expect(other.head().keys.size).toBe(1)
  })
})

describe('the freshness of the state', () => {
  test('ends calls once no authority has vouched for five minutes, and comes back', async () => {
    const trust = known()
    const head = trust.head()
    clock.advance(16_000)
    expect(trust.freshness).toEqual({ state: 'stale', ageMs: 16_000 })
    expect(trust.head()).toBe(head)
    clock.advance(5 * MINUTE_MS - 16_000)
    expect(trust.head()).toBe(head)
    clock.advance(1)
    expect(trust).toMatchObject({ isUsable: false, freshness: { state: 'dead' } })
    const { logDetail } = await refusalOf('VERIFIER_NOT_READY', () => trust.head())
    expect(logDetail).toContain('no authority has vouched for 300 s')
    expect(trust.vouch(at(1), 0)).toBe(true)
    expect(trust.head()).toBe(head)
  })

  test('counts from when the authority looked', () => {
    const trust = known()
    clock.advance(MINUTE_MS)
    trust.vouch(at(1), 20_000)
    expect(trust.freshness).toEqual({ state: 'stale', ageMs: 20_000 })
    trust.vouch(at(1), 30_000) // of another authority, which looked before
    expect(trust.freshness).toEqual({ state: 'stale', ageMs: 20_000 })
  })

  test('is nothing that an authority which is behind or ahead can vouch for', () => {
    const trust = known()
    bring(trust, revokedToken('a'))
    clock.advance(MINUTE_MS)
    for (const revision of [at(1), at(3), at(2, 2), at(2, 0)]) expect(trust.vouch(revision, 0)).toBe(false)
    expect(trust.freshness).toEqual({ state: 'stale', ageMs: MINUTE_MS })
  })

  test('has the bound that it is given, or none where that is dangerously chosen', () => {
    const short = trustIn({ pki, clock, maxStalenessMs: 1_000 })
    const forever = trustIn({ pki, clock, dangerouslyTrustForever: true })
    clock.advance(1_001)
    expect([short.isUsable, forever.isUsable]).toEqual([false, true])
    clock.advance(1_000 * MINUTE_MS)
    expect(forever.freshness.state).toBe('dead')
    expect(forever.head().issuer).toBe(ISSUER)
    expect(new TrustState({ credential, clock, dangerouslyTrustForever: true }).isUsable).toBe(false)
  })

  test('may be about to come: whoever waits goes on with the next sign of life', async () => {
    const trust = known()
    clock.advance(6 * MINUTE_MS)
    const waiting = trust.untilUsable()
    trust.vouch(at(1), 0)
    await waiting
    expect(trust.isUsable).toBe(true)
  })
})

describe('the keys of the state', () => {
  const nextKey = createSigningKey().verificationKey

  test('come with changes, each on an authority of its own', () => {
    const trust = known()
    const before = trust.head()
    bring(trust, publish(nextKey))
    expect([...trust.head().keys.keys()]).toEqual([key.keyId, nextKey.keyId])
    expect(before.keys.size).toBe(1)
  })

  test('that no authority has signed are ignored, and named in the log; what came with them counts', () => {
    const trust = known()
    const forged = [
      publish(nextKey, pki.credential('orders')),
      publish(nextKey, createTestCa().credential('countersign/authority')),
      { ...publish(nextKey), id: key.keyId },
      publicationOf(nextKey, {
        authority: pki.credential('countersign/authority'),
        issuer: 'https://evil.example',
        clock,
      }),
    ]
    const before = trust.head()
    bring(trust, ...forged, revokedToken('a'))
    expect(trust.head()).toBe(before)
    expect(trust.refusalOfToken(tokenOf('a'))).toBeDefined()
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual(
      forged.map(() => ['warn', 'trust entry refused']),
    )
    expect(String(log.lines[0]?.fields['reason'])).toContain(nextKey.keyId)
  })

  test('of an ID that never ends do not fill the log', () => {
    bring(known(), { ...publish(), id: 'a'.repeat(100_000) })
    expect(String(log.lines[0]?.fields['reason'])).toHaveLength(1_000)
  })

  test('fall when they are revoked, with all that they signed, and do not come back', () => {
    const trust = known()
    bring(trust, { kind: 'signingKey', id: key.keyId, until })
    expect(trust.head().keys.size).toBe(0)
    expect(trust.refusalOfToken(tokenOf('any'))?.code).toBe('TOKEN_REVOKED')
    bring(trust, publish())
    expect(trust.head().keys.size).toBe(0)
  })

  test('fall with the certificate of their authority, and with the intermediate above it', () => {
    const authority = pki.credential('countersign/authority')
    const { hierarchy } = pki.ca as kit.TestCa
    const [publisher] = [...trustIn({ pki, clock }).changes()]
    expect(publisher).toBeUndefined()
    for (const kind of ['certificate', 'intermediate'] as const) {
      const trust = trustIn({ pki, clock, logger: log })
      bring(trust, publish(nextKey, authority))
      const [{ serialNumber = '' } = {}] = trust.head().keys.get(nextKey.keyId)?.publishers ?? []
      const id = kind === 'certificate' ? serialNumber : (hierarchy.intermediate.subjectKeyId ?? '')
      const heard: RevocationIndex[] = []
      trust.subscribe(({ revocations }) => heard.push(revocations))
      bring(trust, { kind, id, until })
      expect(trust.head().keys.size).toBe(0)
      expect(trust.refusalOfToken(tokenOf('any', nextKey.keyId))?.code).toBe('TOKEN_REVOKED')
      // Whoever ends what rests on it hears of the key too.
      expect(heard[0]?.refusalOfToken(tokenOf('any', nextKey.keyId))?.code).toBe('TOKEN_REVOKED')
    }
  })

  test('fall while the service of who published them is blocked', () => {
    const trust = known()
    bring(trust, { kind: 'block', id: pki.credential('countersign/authority').serviceId, isLifted: false })
    expect(trust.head().keys.size).toBe(0)
    expect(trust.refusalOfToken(tokenOf('any'))?.code).toBe('TOKEN_REVOKED')
  })

  test('fall in a snapshot whatever its order', () => {
    const trust = known()
    const snapshot = trust.beginSnapshot(at(2), ISSUER)
    snapshot.add([publish(), publish(nextKey)])
    snapshot.add([{ kind: 'signingKey', id: key.keyId, until }])
    trust.replace(snapshot)
    expect([...trust.head().keys.keys()]).toEqual([nextKey.keyId])
  })

  test('fall in a snapshot with who published them, and whoever ends what rests on them hears of it', () => {
    const trust = known()
    const authority = pki.credential('countersign/authority')
    const [leaf] = parseCertificates(authority.certificateChain, 'the certificate of the authority')
    const snapshot = trust.beginSnapshot(at(2), ISSUER)
    snapshot.add([publish(key, authority), { kind: 'certificate', id: leaf?.serialNumber ?? '', until }])
    let refusal: AuthError | undefined
    trust.subscribe(({ revocations }) => {
      refusal = revocations.refusalOfToken(tokenOf('any'))
    })
    trust.replace(snapshot)
    expect(trust.head().keys.size).toBe(0)
    expect(refusal?.code).toBe('TOKEN_REVOKED')
  })

  test('end with their expiry, and clocks may differ', () => {
    const trust = known()
    clock.advance(4_060_000)
    trust.vouch(at(1), 0)
    trust.forget(clock())
    expect(trust.head().keys.size).toBe(1)
    clock.advance(1_000)
    trust.forget(clock())
    expect(trust.head().keys.size).toBe(0)
    expect([...trust.changes()]).toEqual([])
  })

  test.each([
    ['this process', [7_200_000, 0]],
    ['the authority', [0, 7_200_000]],
  ])('outlive a moment in which the clock of %s is ahead, and so does what is revoked', (_, [own = 0, others = 0]) => {
    const trust = known()
    bring(trust, { kind: 'token', id: 'a', until: Math.floor(clock() / 1000) + 300 })
    const start = clock()
    clock.set(start + own)
    trust.vouch(at(2), 0)
    trust.forget(start + others)
    clock.set(start)
    expect([...trust.head().keys.keys()]).toEqual([key.keyId])
    expect(trust.refusalOfToken(tokenOf('a'))?.code).toBe('TOKEN_REVOKED')
  })

  test('that are published anew end when that says', () => {
    const trust = known()
    const start = clock()
    clock.set(start - 3_000_000)
    const sooner = publish()
    clock.set(start)
    bring(trust, sooner)
    clock.advance(1_100_000)
    trust.vouch(at(2), 0)
    trust.forget(clock())
    expect(trust.head().keys.size).toBe(0)
  })

  test('may be about to come: whoever waits goes on with that key, or with its revocation', async () => {
    const trust = known()
    await trust.untilKeyKnown(key.keyId)
    let isOver = false
    const waiting = trust.untilKeyKnown(nextKey.keyId).then(() => {
      isOver = true
    })
    bring(trust, publish(createSigningKey().verificationKey))
    await vi.waitFor(() => expect(trust.head().keys.size).toBe(2))
    expect(isOver).toBe(false)
    bring(trust, publish(nextKey))
    await waiting

    const killed = createSigningKey().verificationKey
    const other = trust.untilKeyKnown(killed.keyId)
    bring(trust, { kind: 'signingKey', id: killed.keyId, until })
    await other
  })
})

describe('the roots of the state', () => {
  const ca = kit.createTestCa()
  const next = createHierarchy(ca.trustDomain, TEST_PROFILES, Date.now() - MINUTE_MS)
  const { hierarchy } = ca
  const statement = (
    sequence: number,
    roots = [hierarchy.root, next.root],
    rootKey = hierarchy.rootKey,
  ): TrustChange => {
    const text = encodeStatement({ trustDomain: ca.trustDomain, epoch: 1, sequence, roots })
    return { kind: 'roots', text, signature: signStatement(text, rootKey) }
  }
  const dersOf = (trust: TrustState) => trust.head().roots.map(({ der }) => encodeCertificate(der))
  const both = [hierarchy.root, next.root].map(({ der }) => encodeCertificate(der))
  const start = () => trustIn({ pki: pkiOf(ca), clock, logger: log })

  test('are those of the own credential, and then what one of them states', () => {
    const trust = start()
    expect(dersOf(trust)).toEqual(both.slice(0, 1))
    bring(trust, statement(2))
    expect(dersOf(trust)).toEqual(both)
    bring(trust, statement(3, [next.root], next.rootKey))
    expect(dersOf(trust)).toEqual(both.slice(1))
  })

  test('are not changed by a root that is not held, nor by an older statement', () => {
    const trust = start()
    bring(trust, statement(2, [next.root], next.rootKey))
    expect(dersOf(trust)).toEqual(both.slice(0, 1))
    expect(log.lines).toHaveLength(1)
    bring(trust, statement(5))
    bring(trust, statement(4, [hierarchy.root]))
    expect(dersOf(trust)).toEqual(both)
  })

  test('do not go back with a snapshot, neither without the statements nor with them, of whichever epoch', () => {
    const trust = start()
    const statements = [statement(2), statement(3, [next.root], next.rootKey)]
    bring(trust, ...statements)
    for (const [epoch, changes] of [statements, [], statements.slice(0, 1)].entries()) {
      const contents = trust.beginSnapshot({ epoch: epoch + 2, sequence: 1 }, ISSUER)
      contents.add(changes)
      trust.replace(contents)
      trust.vouch(contents.revision, 0)
      expect(dersOf(trust)).toEqual(both.slice(1))
    }
    expect(log.lines).toEqual([])
  })

  test('verify the keys that come with them', () => {
    const trust = start()
    const authority = kit.testCaOf(next, clock).credential('countersign/authority')
    bring(trust, publish(key, authority), statement(2))
    expect([...trust.head().keys.keys()]).toEqual([key.keyId])
  })

  test('take the keys with them that only a root stands for which is held no more, and what they signed', () => {
    const trust = start()
    bring(trust, statement(2), publish(key, kit.testCaOf(next, clock).credential('countersign/authority')))
    const former = createSigningKey().verificationKey
    bring(trust, publish(former, ca.credential('countersign/authority')))
    let refusal: AuthError | undefined
    trust.subscribe(({ revocations }) => {
      refusal = revocations.refusalOfToken(tokenOf('any', former.keyId))
    })
    bring(trust, statement(3, [next.root], next.rootKey))
    expect([...trust.head().keys.keys()]).toEqual([key.keyId])
    expect(refusal?.code).toBe('TOKEN_REVOKED')
  })
})
