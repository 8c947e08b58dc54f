import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock, toEpochSeconds } from '../../src/core/clock.ts'
import { randomId } from '../../src/core/encoding.ts'
import { parseScope } from '../../src/core/scope.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { createSigningKey, type SigningKey } from '../../src/token/signing-key.ts'
import type { KeyPublication } from '../../src/trust/change.ts'
import { publishKey } from '../../src/trust/published-key.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { ISSUER, startAuthority, type TestAuthority } from '../support/authority.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { createTestCa } from '../support/pki.ts'
import { knows, origin, refuses, revokedToken } from '../support/publishing.ts'
import { Warehouse } from '../support/warehouse.ts'
import { Intruder } from './trust/intruder.ts'
import { quietLogger, startVerifier, type Verifier } from './trust/verifier.ts'

const POLICY = 'grants: [{ caller: orders, audience: warehouse, scopes: [warehouse.pick] }]'
const pki = createTestCa()
const elsewhere = createTestCa()

let file: string
let store: Store
let authority: TestAuthority
let verifier: Verifier
let orders: Workload

beforeEach(async () => {
  file = join(await temporaryDirectory(), 'ca.db')
  store = await openStore(file, { create: true })
  onTestFinished(() => store.close())
  authority = await startAuthority({ pki, policy: POLICY, store })
  onTestFinished(() => authority.close())
  const authorities = [authority.address]
  verifier = await startVerifier({ credential: pki.credential('warehouse'), authorities })
  orders = await joinWith(pki.credential('orders'), { authorities, clock: systemClock, logger: quietLogger() })
  onTestFinished(() => orders.close())
})

const expiresAt = toEpochSeconds(Date.now()) + 3_600
const published = ({ verificationKey: key }: SigningKey, by: Credential): KeyPublication =>
  publishKey({ issuer: ISSUER, key, expiresAt }, by)

/** What somebody may have a key published with who has no key of an authority's certificate. */
const FORGERIES: Readonly<Record<string, (key: SigningKey) => KeyPublication>> = {
  "a service's own certificate": (key) => published(key, pki.credential('orders')),
  "the certificate of a service below the authority's name": (key) =>
    published(key, pki.credential('countersign/authority/two')),
  "an operator's certificate": (key) => published(key, pki.credential('countersign/operator/mallory')),
  'the authority of another CA of the same name': (key) =>
    published(key, elsewhere.credential('countersign/authority')),
  'the authority of another trust domain': (key) =>
    published(key, createTestCa({ trustDomain: 'elsewhere.internal' }).credential('countersign/authority')),
  'a certificate of the authority that has expired': (key) =>
    published(key, pki.credential('countersign/authority', { clock: () => Date.now() - 2 * 24 * 3_600_000 })),
  "the authority's certificate, and a signature of one's own": (key) => {
    const genuine = genuineKey()
    return { ...published(key, pki.credential('orders')), certificateChain: genuine.certificateChain }
  },
  "the authority's certificate, and its signature of another key": (key) => {
    const { signature, certificateChain } = genuineKey()
    return { ...published(key, pki.credential('orders')), signature, certificateChain }
  },
  "the authority's certificate, put before one's own": (key) => {
    const { certificateChain, ...own } = published(key, pki.credential('orders'))
    return { ...own, certificateChain: [...genuineKey().certificateChain.slice(0, 1), ...certificateChain] }
  },
  'no certificate': (key) => ({ ...published(key, pki.credential('orders')), certificateChain: [] }),
  garbage: (key) => ({
    ...published(key, pki.credential('orders')),
    signature: Buffer.from('garbage'),
    certificateChain: [Buffer.from('garbage'), Buffer.alloc(0)],
  }),
}

function genuineKey(): KeyPublication {
  const genuine = [...authority.trust.changes()].find((change) => change.kind === 'key')
  if (genuine === undefined) throw new Error('The authority has published no key.')
  return genuine
}

/** What a caller says of itself that has a key of its own: it is all that the authority would say. */
function tokenOf({ serviceId, thumbprint }: Credential, key: SigningKey): string {
  const issuedAt = toEpochSeconds(Date.now())
  return key.sign({
    issuer: ISSUER,
    subject: serviceId,
    audience: verifier.workload.serviceId,
    clientId: serviceId,
    scopes: [parseScope('warehouse.pick')],
    tokenId: randomId(),
    grantId: randomId(),
    issuedAt,
    expiresAt: issuedAt + 300,
    thumbprint,
  })
}

/** What was said of entries that count for nothing. */
const alarms = ({ lines }: Verifier['log']): readonly string[] =>
  lines.flatMap(({ message, fields }) => (message === 'trust entry refused' ? [String(fields['reason'])] : []))

test('a key that whoever writes to the store has published with something else is ignored everywhere, and alarmed', async () => {
  const forgeries = Object.entries(FORGERIES).map(([what, forge]) => {
    const key = createSigningKey()
    return { what, key, keyId: key.verificationKey.keyId, publication: forge(key) }
  })
  const publications = forgeries.map(({ publication }) => publication)
  const revision = await store.trustLog.append([...publications, revokedToken('beside them')], origin)
  await vi.waitUntil(() => knows(verifier.trust, revision), { timeout: 2_000 })
  // Also by one that reads the log from its beginning.
  const beside = await startAuthority({ pki, policy: POLICY, store })
  onTestFinished(() => beside.close())

  for (const { trust, log } of [authority, verifier, beside]) {
    expect(refuses(trust, 'beside them')).toBe(true)
    for (const { what, keyId } of forgeries) {
      expect(trust.current?.keys.has(keyId), what).toBe(false)
      expect(alarms(log).filter((reason) => reason.includes(keyId)).length, what).toBeGreaterThan(0)
    }
  }
  const mallory = new Intruder(pki.credential('orders'))
  const outcomes = await Promise.all(
    forgeries.map(async ({ what, key }) => {
      const { status, reason } = await mallory.call(verifier.address, tokenOf(mallory.credential, key))
      return { what, status, reason }
    }),
  )
  for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID' })
  await orders.createClient(Warehouse, 'warehouse', verifier.address).pick({})
})

test('a row that takes the place of a genuine key does not take the key away from who knows it', async () => {
  const [keyId = ''] = authority.trust.head().keys.keys()
  const database = new DatabaseSync(file)
  database.exec('begin immediate')
  database.exec('update trust_revision set sequence = sequence + 1')
  const forged = database.prepare(`
    update trust_log set sequence = (select sequence from trust_revision),
      payload = json_set(payload, '$.signature', 'AAAA') where kind = 'key' and id = ?`)
  expect(forged.run(keyId).changes).toBe(1)
  database.exec('commit')
  database.close()
  await vi.waitUntil(() => alarms(verifier.log).length === 1, { timeout: 2_000 })
  expect(verifier.trust.head().keys.has(keyId)).toBe(true)
  await orders.createClient(Warehouse, 'warehouse', verifier.address).pick({})
})
