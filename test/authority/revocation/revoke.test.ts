import { describe, expect, test } from 'vitest'
import type { Origin, TrustLog } from '../../../src/authority/log/trust-log.ts'
import { createRevoke, type RevokeTarget } from '../../../src/authority/revocation/revoke.ts'
import { parseScope } from '../../../src/core/scope.ts'
import { parseServiceId } from '../../../src/identity/service-id.ts'
import type { Store } from '../../../src/store/store.ts'
import type { AccessTokenClaims } from '../../../src/token/claims.ts'
import { createSigningKey } from '../../../src/token/signing-key.ts'
import { publishKey } from '../../../src/trust/published-key.ts'
import type { TokenIdentity } from '../../../src/trust/revocation-index.ts'
import { ISSUER } from '../../support/authority.ts'
import { caState, certificateRecord } from '../../support/ca-records.ts'
import { failingLog, openTestStore, origin, startPublishing } from '../../support/publishing.ts'
import { refusalOf } from '../../support/refusal.ts'

const orders = parseServiceId('spiffe://shop.internal/orders')
const by = 'spiffe://shop.internal/guard'

/** What may be revoked of a token, that of an hour ago unless told. */
function tokenOf(fields: Partial<TokenIdentity> = {}): TokenIdentity {
  const issuedAt = Math.floor(Date.now() / 1000) - 100
  const ids = { tokenId: 'jti', grantId: 'grant', keyId: 'key' }
  return { ...ids, subject: orders, clientId: orders, issuedAt, ...fields }
}

async function setUp({ store, trustLog }: { store?: Store; trustLog?: TrustLog } = {}) {
  const used = store ?? (await openTestStore())
  const log = trustLog ?? used.trustLog
  const publishing = await startPublishing({ trustLog: log })
  const { trust, clock, pki, follower } = publishing
  const signingKey = createSigningKey()
  const now = Math.floor(clock() / 1000)
  const statement = { issuer: ISSUER, key: signingKey.verificationKey, expiresAt: now + 7_200 }
  await used.trustLog.append([publishKey(statement, pki.credential('countersign/authority'))], origin)
  await follower.look()
  const revoke = createRevoke({
    trustDomain: pki.ca.trustDomain,
    trustLog: log,
    revocations: used.revocations,
    trust,
    look: () => follower.look(),
    logger: publishing.log,
    clock,
  })
  const claims: AccessTokenClaims = {
    issuer: ISSUER,
    subject: orders,
    audience: parseServiceId('spiffe://shop.internal/inventory'),
    clientId: orders,
    scopes: [parseScope('inventory.reserve')],
    tokenId: 'jti',
    grantId: 'grant',
    issuedAt: now,
    expiresAt: now + 300,
    thumbprint: 'A'.repeat(43),
  }
  return {
    ...publishing,
    store: used,
    signingKey,
    claims,
    revoke: (kind: RevokeTarget['kind'], text: string, reason = 'stolen') =>
      revoke({ target: { kind, text }, reason, by }),
  }
}

describe('what is revoked', () => {
  const targets: readonly (readonly [RevokeTarget['kind'], string, Partial<TokenIdentity>])[] = [
    ['tokenId', 'jti', { tokenId: 'another' }],
    ['grantId', 'grant', { grantId: 'another' }],
    ['subject', 'user:alice', { subject: 'user:bob' }],
    ['subject', orders, { subject: 'user:bob' }],
    ['client', orders, { clientId: 'another' }],
    ['client', 'partner-1', { clientId: 'another' }],
    ['service', orders, { clientId: 'another', subject: 'user:bob' }],
  ]
  test.each(targets)(
    'by %s %s is refused by the time that is answered, and nothing else is',
    async (kind, text, other) => {
      const { revoke, trust } = await setUp()
      const named = { tokenId: { tokenId: text }, grantId: { grantId: text }, subject: { subject: text } }
      const fields = { ...named, client: { clientId: text }, service: {}, token: {}, certificate: {} }[kind]
      const revision = await revoke(kind, text)
      expect(revision).toEqual(trust.revision)
      expect(trust.refusalOfToken(tokenOf(fields))).toMatchObject({ code: 'TOKEN_REVOKED' })
      expect(trust.refusalOfToken(tokenOf({ ...fields, ...other }))).toBeUndefined()
    },
  )

  test('by the token itself is that token', async () => {
    const { revoke, trust, signingKey, claims } = await setUp()
    const revision = await revoke('token', signingKey.sign(claims))
    expect(revision).toEqual(trust.revision)
    expect(trust.refusalOfToken(tokenOf())).toMatchObject({ code: 'TOKEN_REVOKED' })
    expect(trust.refusalOfToken(tokenOf({ tokenId: 'another' }))).toBeUndefined()
  })

  test('is nothing where the token has expired', async () => {
    const { revoke, trust, signingKey, claims, log } = await setUp()
    const before = trust.revision
    const expired = { ...claims, issuedAt: claims.issuedAt - 1_000, expiresAt: claims.issuedAt - 700 }
    expect(await revoke('token', signingKey.sign(expired))).toBeUndefined()
    expect(trust.revision).toEqual(before)
    expect(log.lines.at(-1)).toMatchObject({ level: 'info', fields: { id: 'jti' } })
  })

  test('by serial number is a certificate, however it is written, also a second time', async () => {
    const store = await openTestStore()
    const now = Date.now()
    const { serialNumber } = await recordIn(store, now)
    const { revoke, trust } = await setUp({ store })
    const spelled = serialNumber.toUpperCase().replace(/..(?=.)/g, '$&:')
    await revoke('certificate', spelled)
    const certificate = { serviceId: orders, serialNumber, issuerKeyId: undefined }
    expect(trust.refusalOfCertificate(certificate)).toMatchObject({ code: 'CERTIFICATE_REVOKED' })
    expect(await revoke('certificate', serialNumber)).toEqual(trust.revision)
  })

  test('of a service are its certificates too', async () => {
    const store = await openTestStore()
    const { serialNumber } = await recordIn(store, Date.now())
    const { revoke, trust, log } = await setUp({ store })
    await revoke('service', orders)
    const certificate = { serviceId: orders, serialNumber, issuerKeyId: undefined }
    expect(trust.refusalOfCertificate(certificate)).toMatchObject({ code: 'CERTIFICATE_REVOKED' })
    expect(log.lines.at(-1)).toMatchObject({ fields: { kind: 'service', certificates: 1 } })
  })

  test('is logged with who asked, why, and since when, and without the token', async () => {
    const { revoke, signingKey, claims, log } = await setUp()
    const token = signingKey.sign(claims)
    await revoke('token', token, 'left in a log')
    expect(log.lines.at(-1)).toEqual({
      level: 'warn',
      message: 'revoked',
      fields: { kind: 'token', id: 'jti', by, reason: 'left in a log', revision: '1.2' },
    })
    expect(JSON.stringify(log.lines)).not.toContain(token.split('.').at(-1))
  })

  test('is in the store, with who asked and why', async () => {
    const store = await openTestStore()
    const origins: Origin[] = []
    const trustLog: TrustLog = {
      ...store.trustLog,
      append(changes, from) {
        origins.push(from)
        return store.trustLog.append(changes, from)
      },
    }
    const { revoke } = await setUp({ store, trustLog })
    await revoke('tokenId', 'one', 'left in a log')
    expect(origins).toMatchObject([{ by, reason: 'left in a log' }])
    const { changes } = await store.trustLog.read(undefined, 10)
    expect(changes).toContainEqual(expect.objectContaining({ kind: 'token', id: 'one' }))
  })
})

describe('what cannot be revoked', () => {
  const refused: readonly (readonly [RevokeTarget['kind'], string])[] = [
    ['tokenId', ''],
    ['tokenId', 'a b'],
    ['tokenId', 'x'.repeat(129)],
    ['grantId', ''],
    ['grantId', 'spiffe://shop.internal/orders'],
    ['subject', ''],
    ['subject', 'alice'],
    ['subject', 'user:'],
    ['subject', 'admin:alice'],
    ['subject', 'spiffe://other.internal/orders'],
    ['subject', 'spiffe://shop.internal'],
    ['client', ''],
    ['client', 'a b'],
    ['client', 'spiffe://other.internal/orders'],
    ['service', ''],
    ['service', 'orders'],
    ['service', 'spiffe://other.internal/orders'],
    ['service', 'spiffe://shop.internal/countersign/authority'],
    ['certificate', ''],
    ['certificate', 'xyz'],
    ['certificate', 'a'.repeat(41)],
    ['certificate', 'abcd'],
  ]
  test.each(refused)('as %s "%s" is refused, and nothing is written', async (kind, text) => {
    const { revoke, store } = await setUp()
    await refusalOf('REQUEST_INVALID', () => revoke(kind, text))
    expect((await store.trustLog.read(undefined, 10)).revision).toEqual({ epoch: 1, sequence: 1 })
  })

  test('is a token that nobody here has issued', async () => {
    const { revoke, signingKey, claims } = await setUp()
    const token = signingKey.sign(claims)
    const others = [
      '',
      'a.b.c',
      createSigningKey().sign(claims),
      signingKey.sign({ ...claims, issuer: 'https://other.shop.internal' }),
      `${token}x`,
      token.slice(0, -1),
    ]
    for (const other of others) await refusalOf('TOKEN_INVALID', () => revoke('token', other))
  })

  test('is anything for a reason that is a novel, or more than a line', async () => {
    const { revoke } = await setUp()
    await revoke('tokenId', 'one', 'x'.repeat(200))
    for (const reason of ['x'.repeat(201), 'one\ntwo', '\u001b[2J']) {
      await refusalOf('REQUEST_INVALID', () => revoke('tokenId', 'one', reason))
    }
  })

  test('is the certificate of an authority, who would tell of it', async () => {
    const store = await openTestStore()
    const { serialNumber } = await recordIn(store, Date.now(), 'spiffe://shop.internal/countersign/authority')
    const { revoke, trust } = await setUp({ store })
    await refusalOf('REQUEST_INVALID', () => revoke('certificate', serialNumber))
    const certificate = { serviceId: orders, serialNumber, issuerKeyId: undefined }
    expect(trust.refusalOfCertificate(certificate)).toBeUndefined()
  })

  test('is anything while the store cannot be written: that is never a success', async () => {
    const store = await openTestStore()
    const { log, failing } = failingLog(store.trustLog)
    const { revoke, trust, log: lines } = await setUp({ store, trustLog: log })
    failing.appends = true
    await refusalOf('STORE_UNAVAILABLE', () => revoke('tokenId', 'one'))
    expect(trust.refusalOfToken(tokenOf({ tokenId: 'one' }))).toBeUndefined()
    expect(lines.lines).toEqual([])
  })

  test('is a success where it is written, though it cannot be read', async () => {
    const store = await openTestStore()
    const { log, failing } = failingLog(store.trustLog)
    const { revoke } = await setUp({ store, trustLog: log })
    failing.reads = true
    expect(await revoke('tokenId', 'one')).toEqual({ epoch: 1, sequence: 2 })
  })
})

/** A certificate of `orders` that the CA has issued. */
async function recordIn(store: Store, now: number, owner: string = orders) {
  const serviceId = parseServiceId(owner)
  const record = certificateRecord({ serviceId, notBefore: now, notAfter: now + 3_600_000, recordedAt: now })
  await store.ledger.create(caState())
  await store.inventory.record(record)
  return record
}
