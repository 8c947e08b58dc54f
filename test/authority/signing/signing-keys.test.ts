import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type AuthorityIdentity, type LoadCa, startIdentity } from '../../../src/authority/identity.ts'
import type { TrustLog } from '../../../src/authority/log/trust-log.ts'
import {
  type SigningKeys,
  type SigningKeysOptions,
  startSigningKeys,
} from '../../../src/authority/signing/signing-keys.ts'
import { issueCertificate } from '../../../src/ca/certificate/issue.ts'
import { intermediateTemplate } from '../../../src/ca/certificate/template.ts'
import type { Hierarchy } from '../../../src/ca/issuers/hierarchy.ts'
import { generateKeyPair } from '../../../src/identity/key-pair.ts'
import { parseCertificates } from '../../../src/identity/pem-certificates.ts'
import * as kit from '../../../src/testing/test-ca.ts'
import { createTestClock, type TestClock } from '../../../src/testing/test-clock.ts'
import { TEST_PROFILES } from '../../../src/testing/test-profiles.ts'
import { publishKey } from '../../../src/trust/published-key.ts'
import { ISSUER } from '../../support/authority.ts'
import { createTestCa, pkiOf, type TestCa } from '../../support/pki.ts'
import { failingLog, openTestStore, origin, type Publishing, startPublishing } from '../../support/publishing.ts'
import { refusalOf } from '../../support/refusal.ts'

const HOUR_S = 3600
const TTL = 300

interface KeysSetUp extends Publishing {
  readonly keys: SigningKeys
  readonly identity: AuthorityIdentity
  readonly trustLog: TrustLog
  /** ID of the key that signs now. */
  current(): Promise<string>
  /** When a key that is published ends, in seconds from now; undefined for one that is not. */
  endsIn(keyId: string): number | undefined
}

interface SetUpOptions extends Partial<Pick<SigningKeysOptions, 'rotationSeconds' | 'createKeyPair' | 'ttlSeconds'>> {
  readonly trustLog?: TrustLog
  readonly pki?: TestCa
  readonly clock?: TestClock
  readonly loadCa?: LoadCa
}

async function start(options: SetUpOptions = {}): Promise<KeysSetUp> {
  const { clock = createTestClock(), rotationSeconds = 6 * HOUR_S, createKeyPair = generateKeyPair } = options
  const { pki = createTestCa({ clock }), loadCa = async () => pki.ca, ttlSeconds = TTL } = options
  const trustLog = options.trustLog ?? (await openTestStore()).trustLog
  const publishing = await startPublishing({ trustLog, clock, pki })
  const { trust, follower, log: logger } = publishing
  const identity = await startIdentity(loadCa, [], { clock, logger })
  onTestFinished(() => identity.stop())
  const look = () => follower.look()
  const shared = { issuer: ISSUER, ttlSeconds, rotationSeconds, createKeyPair, identity, trustLog, trust, look }
  const keys = await startSigningKeys({ ...shared, logger, clock })
  onTestFinished(() => keys.stop())
  return {
    ...publishing,
    keys,
    identity,
    trustLog,
    current: async () => (await keys.signer()).signingKey.verificationKey.keyId,
    endsIn(keyId) {
      const key = trust.head().keys.get(keyId)
      return key && key.expiresAt - Math.floor(clock() / 1000)
    },
  }
}

/** Moves time as it goes by: everyone who waits for a moment has their turn. */
async function pass({ clock, follower }: KeysSetUp, milliseconds: number, step = 1_000): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += step) {
    clock.advance(Math.min(step, milliseconds - passed))
    await follower.look()
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

function published({ log }: KeysSetUp): readonly unknown[] {
  return log.lines.filter(({ message }) => message === 'token signing key published').map(({ fields }) => fields['why'])
}

describe('a signing key', () => {
  test('is known to verifiers before it signs, for as long as its last token lives', async () => {
    const set = await start()
    const signer = await set.keys.signer()
    const keyId = signer.signingKey.verificationKey.keyId
    expect(set.endsIn(keyId)).toBe(6 * HOUR_S + 5 + TTL + 60)
    expect(signer.expiresAt).toBe(set.trust.head().keys.get(keyId)?.expiresAt)
    expect(published(set)).toEqual(['start'])
  })

  test('ends with the certificate that vouches for it at the latest', async () => {
    const set = await start({ rotationSeconds: 23.95 * HOUR_S })
    const { expiresAt } = await set.keys.signer()
    expect(expiresAt).toBe(Math.floor(set.identity.credentials.current().notAfter / 1000))
  })

  test('is needed at start: where it cannot be published, the authority does not start', async () => {
    const { trustLog } = await openTestStore()
    const { log, failing } = failingLog(trustLog)
    failing.appends = true
    await refusalOf('STORE_UNAVAILABLE', () => start({ trustLog: log }))
  })

  test('is refused at start where verifiers would not take it', async () => {
    const { trustLog } = await openTestStore()
    const pki = createTestCa()
    const [, intermediate] = parseCertificates(pki.credential('orders').certificateChain, 'the chain')
    await trustLog.append([{ kind: 'intermediate', id: intermediate?.subjectKeyId ?? '', until: 2 ** 31 }], origin)
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => start({ trustLog, pki }))
    expect(message).toContain('distrusted')
  })
})

describe('signing keys are rotated', () => {
  test('on schedule: the next signs once verifiers have known it for five seconds, the former stays until its end', async () => {
    const set = await start({ rotationSeconds: 600 })
    const first = await set.current()
    await pass(set, 599_000, 20_000)
    expect(await set.current()).toBe(first)
    await pass(set, 1_000)
    await vi.waitUntil(() => set.trust.head().keys.size === 2)
    await pass(set, 4_000)
    expect(await set.current()).toBe(first)
    await pass(set, 1_000)
    const second = await set.current()
    expect(second).not.toBe(first)
    expect(set.endsIn(first)).toBe(TTL + 60)
    expect(published(set)).toEqual(['start', 'schedule'])
    await pass(set, (TTL + 60 + 61) * 1000, 5_000)
    expect(set.endsIn(first)).toBeUndefined()
    expect(await set.current()).toBe(second)
  })

  test('again and again, so that no more than two of them are there for long', async () => {
    const set = await start({ rotationSeconds: 2_000 })
    const seen = new Set<string>()
    for (let turn = 0; turn < 10; turn += 1) {
      seen.add(await set.current())
      await pass(set, 2_006_000, 500_000)
      expect(set.trust.head().keys.size).toBeLessThanOrEqual(2)
    }
    expect(seen.size).toBeGreaterThanOrEqual(9)
  })

  test('where a command asked for it, once', async () => {
    const set = await start()
    const first = await set.current()
    // An operator's clock may be wrong by any amount.
    await set.trustLog.requestKeyRotation({ ...origin, at: set.clock() + 3_600_000 })
    await pass(set, 6_000, 500)
    await vi.waitUntil(async () => (await set.current()) !== first)
    await pass(set, 30_000, 500)
    expect(published(set)).toEqual(['start', 'request'])
    await set.trustLog.requestKeyRotation({ ...origin, at: set.clock() + 3_600_001 })
    await pass(set, 6_000, 500)
    expect(published(set)).toEqual(['start', 'request', 'request'])
  })

  test('not for what was asked before there was this process', async () => {
    const { trustLog } = await openTestStore()
    await trustLog.requestKeyRotation({ ...origin, at: Date.now() + 1_000 })
    const set = await start({ trustLog })
    await pass(set, 10_000)
    expect(published(set)).toEqual(['start'])
  })

  test('at once where the one in use was revoked', async () => {
    const set = await start()
    const first = await set.current()
    await set.trustLog.append([{ kind: 'signingKey', id: first, until: 2 ** 31 }], origin)
    await set.follower.look()
    const second = await set.current()
    expect(second).not.toBe(first)
    expect([...set.trust.head().keys.keys()]).toEqual([second])
    expect(published(set)).toEqual(['start', 'revoked'])
  })

  test('to the next that is published already, where the one in use was revoked', async () => {
    const set = await start()
    const first = await set.current()
    await set.trustLog.requestKeyRotation({ ...origin, at: 1 })
    await pass(set, 500)
    await vi.waitUntil(() => set.trust.head().keys.size === 2)
    await set.trustLog.append([{ kind: 'signingKey', id: first, until: 2 ** 31 }], origin)
    await set.follower.look()
    expect(set.trust.head().keys.has(await set.current())).toBe(true)
    expect(published(set)).toEqual(['start', 'request'])
  })

  test('with another certificate where that of the authority was revoked', async () => {
    const set = await start()
    const former = set.identity.credentials.current()
    const first = await set.current()
    const [leaf] = parseCertificates(former.certificateChain, 'the chain')
    await set.trustLog.append([{ kind: 'certificate', id: leaf.serialNumber, until: 2 ** 31 }], origin)
    await set.follower.look()
    expect(await set.current()).not.toBe(first)
    expect(set.identity.credentials.current().thumbprint).not.toBe(former.thumbprint)
  })

  test('not where the certificate of the authority was revoked that came after it: that one is replaced', async () => {
    const set = await start()
    const key = await set.current()
    await set.identity.replace()
    const revoked = set.identity.credentials.current()
    const [leaf] = parseCertificates(revoked.certificateChain, 'the chain')
    await set.trustLog.append([{ kind: 'certificate', id: leaf.serialNumber, until: 2 ** 31 }], origin)
    await set.follower.look()
    await vi.waitUntil(() => set.identity.credentials.current().thumbprint !== revoked.thumbprint)
    expect(await set.current()).toBe(key)
    expect(published(set)).toEqual(['start'])
  })

  test('where somebody else has published the one in use with an earlier end', async () => {
    const set = await start()
    const { signingKey } = await set.keys.signer()
    const { verificationKey: key } = signingKey
    const expiresAt = Math.floor(set.clock() / 1000) + 200
    const shortened = publishKey({ issuer: ISSUER, key, expiresAt }, set.pki.credential('countersign/authority'))
    await set.trustLog.append([shortened], origin)
    await set.follower.look()
    expect(await set.keys.signer()).toMatchObject({ expiresAt })
    await vi.waitUntil(() => set.trust.head().keys.size === 2)
    await pass(set, 5_000)
    expect(await set.current()).not.toBe(key.keyId)
    await pass(set, 20_000)
    expect(published(set)).toEqual(['start', 'shortened'])
  })

  test('before the certificate ends that vouches for them, once that was renewed', async () => {
    const set = await start({ rotationSeconds: 23.95 * HOUR_S })
    const first = await set.current()
    for (let hour = 0; hour < 48; hour += 1) {
      await pass(set, HOUR_S * 1000, 600_000)
      const { expiresAt } = await set.keys.signer()
      expect(expiresAt - set.clock() / 1000).toBeGreaterThanOrEqual(TTL)
    }
    expect(await set.current()).not.toBe(first)
    expect(published(set).length).toBeLessThan(8)
  })
})

describe('where no key can be published', () => {
  async function startFailing(options: SetUpOptions = {}) {
    const { trustLog } = await openTestStore()
    const { log, failing } = failingLog(trustLog)
    return { ...(await start({ ...options, trustLog: log })), failing }
  }

  test('the one in use goes on until its end, with shorter and shorter tokens; that is logged once', async () => {
    const set = await startFailing({ rotationSeconds: 600 })
    const first = await set.current()
    set.failing.appends = true
    await pass(set, 900_000, 10_000)
    expect(await set.current()).toBe(first)
    const failures = set.log.lines.filter(({ message }) => message === 'token signing keys cannot be looked after')
    expect(failures).toMatchObject([{ level: 'error', fields: { error: 'The store is out of reach.' } }])

    set.failing.appends = false
    await pass(set, 12_000)
    expect(await set.current()).not.toBe(first)
    expect(set.log.lines).toContainEqual(
      expect.objectContaining({ message: 'token signing keys are looked after again' }),
    )
  })

  test('none signs after the end of the one in use, and whoever asks is told so', async () => {
    const set = await startFailing({ rotationSeconds: 600 })
    set.failing.appends = true
    await pass(set, 1_000_000, 50_000)
    const { message } = await refusalOf('STORE_UNAVAILABLE', () => set.keys.signer())
    expect(message).toContain('no key that may sign')
  })

  test('none signs once the one in use was revoked, until another is published', async () => {
    const set = await startFailing()
    const first = await set.current()
    await set.trustLog.append([{ kind: 'signingKey', id: first, until: 2 ** 31 }], origin)
    set.failing.appends = true
    await set.follower.look()
    await refusalOf('STORE_UNAVAILABLE', () => set.keys.signer())
    set.failing.appends = false
    set.clock.advance(5_000)
    expect(await set.current()).not.toBe(first)
  })
})

describe('an authority that starts again', () => {
  test('lets the keys of the process before it end once their tokens have', async () => {
    const clock = createTestClock()
    const pki = createTestCa({ clock })
    const { trustLog } = await openTestStore()
    const first = await start({ trustLog, pki, clock })
    const former = await first.current()
    await first.keys.stop()
    // However short tokens live by the configuration of the process after it.
    const second = await start({ trustLog, pki, clock, ttlSeconds: TTL / 5 })
    expect(second.endsIn(former)).toBe(TTL + 60)
    expect(second.endsIn(await second.current())).toBe(6 * HOUR_S + 5 + TTL / 5 + 60)
  })

  test('leaves the keys of authorities with other intermediates alone', async () => {
    const clock = createTestClock()
    const ca = kit.createTestCa({ clock })
    const { trustLog } = await openTestStore()
    const first = await start({ trustLog, pki: pkiOf(ca), clock })
    const former = await first.current()
    const replica = kit.testCaOf(withAnotherIntermediate(ca.hierarchy), clock)
    const second = await start({ trustLog, pki: pkiOf(replica), clock })
    expect(second.endsIn(former)).toBe(6 * HOUR_S + 5 + TTL + 60)
    expect(second.trust.head().keys.size).toBe(2)
  })

  test('fifty times leaves few keys', async () => {
    const clock = createTestClock()
    const pki = createTestCa({ clock })
    const { trustLog } = await openTestStore()
    let last = await start({ trustLog, pki, clock })
    for (let restart = 0; restart < 50; restart += 1) {
      await last.keys.stop()
      await last.follower.stop()
      clock.advance(600_000)
      last = await start({ trustLog, pki, clock })
      await vi.waitUntil(() => last.trust.freshness.state === 'fresh')
      // Those of the last 3660 s, and those that verifiers keep for 60 s more, as clocks differ.
      expect(last.trust.head().keys.size).toBeLessThanOrEqual(9)
    }
    await pass(last, 3_800_000, 100_000)
    expect(last.trust.head().keys.size).toBe(1)
    const { expiresAt } = await last.keys.signer()
    while (await trustLog.prune(expiresAt * 1000 + 60_000)) {}
    const { changes } = await trustLog.read(undefined, 1_000)
    expect(changes).toHaveLength(1)
  })

  test('beside another with the same intermediate: each goes on with a key that lasts', async () => {
    const clock = createTestClock()
    const pki = createTestCa({ clock })
    const { trustLog } = await openTestStore()
    const [one, other] = [await start({ trustLog, pki, clock }), await start({ trustLog, pki, clock })]
    await one.follower.look()
    for (let second = 0; second < 20; second += 1) {
      await pass(one, 1_000)
      await other.follower.look()
    }
    expect(published(one)).toEqual(['start', 'shortened'])
    expect(published(other)).toEqual(['start'])
    for (const set of [one, other]) expect(set.endsIn(await set.current())).toBeGreaterThan(5 * HOUR_S)
  })
})

/** That of a replica: under the same root. */
function withAnotherIntermediate(hierarchy: Hierarchy): Hierarchy {
  const { trustDomain, root, rootKey } = hierarchy
  const { privateKey: intermediateKey, publicKey } = generateKeyPair()
  const template = intermediateTemplate({ trustDomain, publicKey }, root, TEST_PROFILES.intermediate, Date.now())
  return { ...hierarchy, intermediate: issueCertificate(template, rootKey, root), intermediateKey }
}
