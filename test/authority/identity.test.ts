import { createHash, X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startIdentity } from '../../src/authority/identity.ts'
import { type CertificateAuthority, certificateAuthorityOf } from '../../src/ca/certificate-authority.ts'
import { createHierarchy, issuerOf } from '../../src/ca/issuers/hierarchy.ts'
import { AuthError } from '../../src/core/errors.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { encodeCertificate } from '../../src/identity/pem.ts'
import { parseTrustDomain } from '../../src/identity/service-id.ts'
import { verifyPeer } from '../../src/identity/verified-peer.ts'
import { TEST_PROFILES } from '../../src/testing/test-profiles.ts'
import { capturingLogger } from '../support/log.ts'

const HOUR_MS = 60 * 60 * 1000
const START = Date.UTC(2027, 0, 1)
const trustDomain = parseTrustDomain('shop.internal')
const hierarchy = createHierarchy(trustDomain, TEST_PROFILES, START)
const clock = () => Date.now()
const inventory = { record: async () => {} }
const ca = certificateAuthorityOf(issuerOf(hierarchy), { clock, inventory, profile: TEST_PROFILES.service })

beforeEach(() => {
  vi.useFakeTimers({ now: START + HOUR_MS, toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => void vi.useRealTimers())

async function start(authority: CertificateAuthority = ca) {
  const log = capturingLogger()
  const identity = await startIdentity(async () => authority, ['localhost'], { clock, logger: log })
  onTestFinished(() => identity.stop())
  const renewals: Credential[] = []
  identity.credentials.subscribe((credential) => renewals.push(credential))
  return { identity, log, renewals, current: () => identity.credentials.current() }
}

/** A CA that fails as long as it is told to. */
function failingCa() {
  const failing = { now: false }
  const authority: CertificateAuthority = {
    ...ca,
    async issue(request) {
      if (failing.now) throw new AuthError('INTERNAL', 'The CA issues nothing now.')
      return ca.issue(request)
    },
  }
  return { failing, authority }
}

describe("the authority's own certificate", () => {
  test('names the authority, and the hosts under which it is reached', async () => {
    const { current } = await start()
    const { certificateChain } = current()
    const peer = verifyPeer(new X509Certificate(certificateChain).raw, trustDomain)
    expect(peer).toMatchObject({ serviceId: 'spiffe://shop.internal/countersign/authority', dnsNames: ['localhost'] })
  })

  test('is renewed at half of its life, with another key, again and again', async () => {
    const { renewals, current, log } = await start()
    const first = current()
    await vi.advanceTimersByTimeAsync(12 * HOUR_MS - 2 * 60_000)
    expect(renewals).toEqual([])
    await vi.advanceTimersByTimeAsync(2 * 60_000)
    expect(renewals).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(36 * HOUR_MS)
    expect(renewals).toHaveLength(4)

    const all = [first, ...renewals]
    expect(current()).toBe(all.at(-1))
    expect(new Set(all.map(({ thumbprint }) => thumbprint)).size).toBe(5)
    expect(
      new Set(all.map(({ privateKey }) => fingerprintOf(privateKey.export({ type: 'pkcs8', format: 'der' })))).size,
    ).toBe(5)
    expect(log.lines).toEqual([])
  })

  test('is kept where it cannot be renewed; that is logged, and tried again each minute', async () => {
    const { failing, authority } = failingCa()
    const { renewals, current, log } = await start(authority)
    const first = current()
    failing.now = true
    await vi.advanceTimersByTimeAsync(12 * HOUR_MS + 5 * 60_000 - 1_000)
    expect(current()).toBe(first)
    expect(log.lines.length).toBeGreaterThanOrEqual(5)
    for (const line of log.lines) {
      expect(line).toMatchObject({ level: 'error', fields: { error: 'The CA issues nothing now.' } })
    }
    failing.now = false
    await vi.advanceTimersByTimeAsync(60_000)
    expect(renewals).toHaveLength(1)
    const lines = log.lines.length
    await vi.advanceTimersByTimeAsync(6 * HOUR_MS)
    expect({ renewals: renewals.length, lines: log.lines.length }).toEqual({ renewals: 1, lines })
  })

  test('is renewed by the CA as it is by then', async () => {
    const later = createHierarchy(trustDomain, TEST_PROFILES, START)
    let issuer = ca
    const identity = await startIdentity(async () => issuer, [], { clock, logger: capturingLogger() })
    onTestFinished(() => identity.stop())
    issuer = certificateAuthorityOf(issuerOf(later), { clock, inventory, profile: TEST_PROFILES.service })
    await vi.advanceTimersByTimeAsync(12 * HOUR_MS)
    const { bundle, certificateChain } = identity.credentials.current()
    expect(bundle).toBe(issuer.bundle)
    expect(certificateChain).toContain(encodeCertificate(later.intermediate.der))
  })

  test('is not renewed once it was stopped, also while a renewal is due again', async () => {
    const { failing, authority } = failingCa()
    const { identity, renewals, log } = await start(authority)
    failing.now = true
    await vi.advanceTimersByTimeAsync(12 * HOUR_MS)
    const lines = log.lines.length
    failing.now = false
    identity.stop()
    await vi.advanceTimersByTimeAsync(48 * HOUR_MS)
    expect({ renewals: renewals.length, lines: log.lines.length }).toEqual({ renewals: 0, lines })
  })

  test('is replaced at once where that is asked for, and renewed at half of the life of the next', async () => {
    const { identity, renewals, current } = await start()
    const former = current()
    await vi.advanceTimersByTimeAsync(6 * HOUR_MS)
    await identity.replace()
    expect(renewals).toEqual([current()])
    expect(current().thumbprint).not.toBe(former.thumbprint)
    await vi.advanceTimersByTimeAsync(11 * HOUR_MS)
    expect(renewals).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(HOUR_MS)
    expect(renewals).toHaveLength(2)
  })

  test('is kept where it cannot be replaced, which whoever asked is told', async () => {
    const { failing, authority } = failingCa()
    const { identity, current } = await start(authority)
    const former = current()
    failing.now = true
    await expect(identity.replace()).rejects.toThrow('The CA issues nothing now.')
    expect(current()).toBe(former)
  })

  test('is refused at start where the CA issues nothing', async () => {
    const { failing, authority } = failingCa()
    failing.now = true
    await expect(start(authority)).rejects.toThrow('The CA issues nothing now.')
  })

  test('is not renewed without pause in the last minutes of its CA', async () => {
    vi.setSystemTime(hierarchy.intermediate.notAfter - 90_000)
    const { renewals } = await start()
    let turns = 0
    while (Date.now() < hierarchy.intermediate.notAfter - 20_000 && turns < 100) {
      await vi.advanceTimersToNextTimerAsync()
      turns += 1
    }
    expect(renewals.length).toBeLessThan(20)
  })
})

function fingerprintOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
