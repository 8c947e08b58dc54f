import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { rulesFromTable } from '../../src/access/access-rules.ts'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { TrustFeed } from '../../src/client/trust-feed.ts'
import type { Address } from '../../src/core/address.ts'
import { MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { encodePublicKey, keyIdOf, type VerificationKey } from '../../src/token/verification-key.ts'
import { TrustService } from '../../src/transport/authority-protos.ts'
import { TrustState } from '../../src/trust/trust-state.ts'
import { ISSUER, startAuthority, type TestAuthority } from '../support/authority.ts'
import { capturingLogger } from '../support/log.ts'
import { createTestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'

const pki = createTestCa()
const policy = 'grants: []'
let authority: TestAuthority

beforeEach(async () => {
  authority = await startAuthority({ pki, policy })
})
afterEach(() => authority.close())

function createKey(): VerificationKey {
  const { publicKey } = generateKeyPair()
  return { keyId: keyIdOf(publicKey), publicKey }
}

function follow(address: Address = authority.address) {
  const client = new AuthorityClient({ address, credential: pki.credential('orders') })
  const trust = new TrustState()
  const log = capturingLogger()
  const feed = new TrustFeed({ watch: () => client.watchTrust(), trust, logger: log })
  onTestFinished(() => {
    feed.stop()
    client.close()
  })
  return { feed, trust, log }
}

const keyIdsOf = (trust: TrustState) => [...trust.head().keys.keys()]

describe('the trust feed', () => {
  test('brings what the authority publishes, at once and after each change', async () => {
    const { feed, trust } = follow()
    await feed.ready(5_000)
    expect(trust.head()).toMatchObject({ issuer: ISSUER })
    expect(keyIdsOf(trust)).toEqual(keyIdsOf(authority.trust))

    for (const keys of [[createKey(), createKey()], [createKey()], []]) {
      authority.trust.replace({ issuer: ISSUER, keys: new Map(keys.map((key) => [key.keyId, key])) })
      await vi.waitUntil(() => String(keyIdsOf(trust)) === String(keys.map(({ keyId }) => keyId)))
    }
  })

  test('comes back to an authority that stopped and starts again at the same place', async () => {
    const { feed, trust, log } = follow()
    await feed.ready(5_000)
    const before = trust.head()
    await authority.close()
    await vi.waitUntil(() => log.lines.length >= 2, { timeout: 3_000 })
    expect(trust.head()).toBe(before)
    for (const line of log.lines) expect(line).toMatchObject({ level: 'warn', message: 'trust feed interrupted' })

    authority = await startAuthority({ pki, policy, port: authority.address.port })
    await vi.waitUntil(() => trust.head() !== before, { timeout: 5_000 })
    expect(keyIdsOf(trust)).toEqual(keyIdsOf(authority.trust))
  })

  test('waits longer from failure to failure', async () => {
    const { feed, log } = follow()
    await feed.ready(5_000)
    const times: number[] = []
    await authority.close()
    for (let count = 1; count <= 3; count += 1) {
      await vi.waitUntil(() => log.lines.length >= count, { interval: 2, timeout: 3_000 })
      times.push(Date.now())
    }
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThan(190 * 2 ** index)
  })

  test('is not ready while nobody answers, and tells why', async () => {
    await authority.close()
    const { feed } = follow()
    const refusal = await refusalOf('AUTHORITY_UNAVAILABLE', () => feed.ready(300))
    expect(refusal.message).toMatch(/^No authority answered within 0\.3 s \(.*ECONNREFUSED.*\)\. Check/)
  })

  test('is not ready where another service answers than the authority', async () => {
    const { address } = await startImpostor('inventory', () => ({ issuer: ISSUER, keys: [] }))
    const { feed, trust } = follow(address)
    const refusal = await refusalOf('AUTHORITY_UNAVAILABLE', () => feed.ready(500))
    expect(refusal.message).toContain('spiffe://shop.internal/inventory instead of')
    await refusalOf('VERIFIER_NOT_READY', () => trust.head())
  })

  test('is ready also where the first snapshot has come before anybody asks', async () => {
    const { feed, trust } = follow()
    await vi.waitUntil(() => {
      try {
        return trust.head() !== undefined
      } catch {
        return false
      }
    })
    await feed.ready(300)
  })

  test('stops for good', async () => {
    const { feed, trust, log } = follow()
    await feed.ready(5_000)
    feed.stop()
    feed.stop()
    const before = trust.head()
    authority.trust.replace({ issuer: ISSUER, keys: new Map() })
    await authority.close()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(trust.head()).toBe(before)
    expect(log.lines).toEqual([])
  })
})

describe('a snapshot that cannot be right', () => {
  const good = createKey()
  const spki = encodePublicKey(good)
  const noKey = Buffer.from('not a key')
  const bad: Readonly<Record<string, object>> = {
    'a key under the ID of another': { issuer: ISSUER, keys: [{ keyId: createKey().keyId, publicKey: spki }] },
    'a key that is none': { issuer: ISSUER, keys: [{ keyId: good.keyId, publicKey: noKey }] },
    'a key without an ID': { issuer: ISSUER, keys: [{ publicKey: spki }] },
    'a good key and a bad one': {
      issuer: ISSUER,
      keys: [
        { keyId: good.keyId, publicKey: spki },
        { keyId: 'x', publicKey: spki },
      ],
    },
    'no issuer': { keys: [{ keyId: good.keyId, publicKey: spki }] },
  }

  for (const [what, snapshot] of Object.entries(bad)) {
    test(`changes nothing, and is asked for again: ${what}`, async () => {
      let next: object = { issuer: ISSUER, keys: [{ keyId: good.keyId, publicKey: spki }] }
      const { address, publish } = await startImpostor('countersign/authority', () => next)
      const { feed, trust, log } = follow(address)
      await feed.ready(5_000)
      const before = trust.head()

      next = snapshot
      publish()
      await vi.waitUntil(() => log.lines.some(({ message }) => message === 'trust snapshot refused'), {
        timeout: 1_000,
      })
      expect(trust.head()).toBe(before)

      next = { issuer: `${ISSUER}/next`, keys: [] }
      await vi.waitUntil(() => trust.head().issuer === `${ISSUER}/next`, { timeout: 3_000 })
    })
  }
})

/** A server that presents any certificate, and publishes what it is told. */
async function startImpostor(path: string, snapshot: () => object) {
  const wake = new Set<() => void>()
  const rule = { authentication: 'CERTIFICATE', callers: ['*'] } as const
  const server = new MeshServer(
    {
      credentials: new MemoryCredentialSource(pki.credential(path)),
      verifyToken: () => Promise.reject(new TypeError('no tokens here')),
      logger: capturingLogger(),
      clock: Date.now,
    },
    rulesFromTable({ '/countersign.v1.TrustService/Watch': rule }),
  )
  server.addService(TrustService, {
    async *watch(_, { cancelled }) {
      const ended = AbortSignal.any([cancelled, server.closing])
      while (!ended.aborted) {
        yield { snapshot: snapshot() }
        await new Promise<void>((resolve) => {
          wake.add(resolve)
          ended.addEventListener('abort', () => resolve())
        })
      }
    },
  })
  const address = await server.listen('localhost:0')
  onTestFinished(() => server.close())
  const publish = () => {
    for (const resolve of wake) resolve()
  }
  return { address, publish }
}
