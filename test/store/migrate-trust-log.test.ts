import { join } from 'node:path'
import { Kysely } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { authorityRowOf, statementRowOf } from '../../src/store/ca-state-rows.ts'
import { certificateRowOf } from '../../src/store/certificate-row.ts'
import { migrate } from '../../src/store/migrate.ts'
import { MIGRATIONS } from '../../src/store/migrations/migrations.ts'
import { openStore } from '../../src/store/open.ts'
import type { Schema } from '../../src/store/schema.ts'
import { createSqliteDialect } from '../../src/store/sqlite-dialect.ts'
import { authorityRecord, caState, certificateRecord, HOUR_MS, serviceId } from '../support/ca-records.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { refusalOf } from '../support/refusal.ts'

const SECOND = '0002-trust-log'

/** A store as the first migration alone has made it, with a CA in it. */
async function formerStore(fill: (kysely: Kysely<Schema>) => Promise<unknown>): Promise<string> {
  const file = join(await temporaryDirectory(), 'ca.db')
  const kysely = new Kysely<Schema>({ dialect: createSqliteDialect({ file, busyTimeoutMs: 1_000 }) })
  const migrations = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < SECOND))
  await migrate(kysely, { create: true, migrations })
  const { trustDomain } = caState()
  const distrusted = ['c2', 'c3'].map((byte) =>
    authorityRecord({ name: byte, keyId: byte.repeat(20), state: 'distrusted' }),
  )
  const authorities = [...caState().authorities, ...distrusted]
  await kysely.insertInto('ca').values({ id: 1, trust_domain: trustDomain }).execute()
  await kysely.insertInto('authority').values(authorities.map(authorityRowOf)).execute()
  await fill(kysely)
  await kysely.destroy()
  return file
}

async function logOf(file: string) {
  const store = await openStore(file, { create: false, firstEpoch: 1 })
  onTestFinished(() => store.close())
  return store.trustLog.read(undefined, 10_000)
}

const NOW = Math.floor(systemClock() / 1000) * 1000
const REVOCATION = { revoked_at: NOW - 1_000, revocation_reason: 'superseded', revoked_by: 'operator:alice' }
const intermediates = ['c2', 'c3'].map((byte) => ({ kind: 'intermediate', id: byte.repeat(20), until: 2 ** 32 - 1 }))

test('an older store gets a log of what was revoked, distrusted and stated, as far as it matters', async () => {
  const record = (serialNumber: string, notAfter: number) =>
    certificateRowOf(certificateRecord({ serialNumber, notAfter }))
  const file = await formerStore(async (kysely) => {
    const statements = [10, 2, 1].map((sequence) => ({
      epoch: 1,
      sequence,
      text: `roots ${sequence}`,
      signature: sequence === 10 ? undefined : 'c2ln',
    }))
    await kysely.insertInto('bundle_statement').values(statements.map(statementRowOf)).execute()
    await kysely
      .insertInto('certificate')
      .values([
        { ...record('4a', NOW + HOUR_MS - 1), ...REVOCATION },
        { ...record('4b', NOW - HOUR_MS), ...REVOCATION },
        record('4c', NOW + HOUR_MS),
      ])
      .execute()
    const floors: readonly [string, number][] = [
      ['orders', NOW - 2 * HOUR_MS],
      ['orders', NOW - 1_500],
      ['orders', NOW - 60_000],
      ['billing', NOW - 2 * HOUR_MS],
    ]
    await kysely
      .insertInto('revoked_service')
      .values(floors.map(([path, revoked_at]) => ({ service_id: serviceId(path), ...REVOCATION, revoked_at })))
      .execute()
  })
  const signature = Buffer.from('c2ln', 'base64')
  expect(await logOf(file)).toEqual({
    revision: { epoch: 1, sequence: 5 },
    changes: [
      { kind: 'roots', text: 'roots 1', signature },
      { kind: 'roots', text: 'roots 2', signature },
      ...intermediates,
      { kind: 'certificate', id: '4a', until: (NOW + HOUR_MS) / 1000 },
      { kind: 'service', id: serviceId('orders'), upTo: NOW / 1000 - 2 },
    ],
    isLast: true,
  })
})

test('what comes later goes on after that, and what was filled in is pruned like the rest', async () => {
  const file = await formerStore((kysely) =>
    kysely
      .insertInto('certificate')
      .values({ ...certificateRowOf(certificateRecord({ serialNumber: '4a', notAfter: NOW + 1_000 })), ...REVOCATION })
      .execute(),
  )
  const store = await openStore(file, { create: false, firstEpoch: 1 })
  onTestFinished(() => store.close())
  const origin = { by: 'operator:bob', at: NOW, reason: '' }
  const again = [{ kind: 'certificate', id: '4a', until: NOW / 1000 + 2 }] as const
  expect(await store.trustLog.append(again, origin)).toEqual({ epoch: 1, sequence: 3 })
  expect((await store.trustLog.read(undefined, 10)).changes).toEqual([...intermediates, ...again])
  await store.trustLog.prune(NOW + 62_001)
  expect((await store.trustLog.read(undefined, 10)).changes).toEqual(intermediates)
})

test('of many certificates a thousand have one revision', async () => {
  const file = await formerStore(async (kysely) => {
    for (let batch = 0; batch < 5; batch += 1) {
      const rows = Array.from({ length: 500 }, () => ({
        ...certificateRowOf(certificateRecord({ notAfter: NOW + HOUR_MS })),
        ...REVOCATION,
      }))
      await kysely.insertInto('certificate').values(rows).execute()
    }
  })
  const { changes, revision } = await logOf(file)
  expect(revision).toEqual({ epoch: 1, sequence: 4 })
  expect(changes).toHaveLength(2_502)
})

test('an empty log begins where nothing was revoked', async () => {
  const file = await formerStore((kysely) => kysely.deleteFrom('authority').execute())
  expect(await logOf(file)).toEqual({ revision: { epoch: 1, sequence: 0 }, changes: [], isLast: true })
})

test('a store whose statements are damaged is not migrated', async () => {
  const file = await formerStore((kysely) =>
    kysely.insertInto('bundle_statement').values({ epoch: 1, sequence: 1, text: 'x', signature: 'c2ln' }).execute(),
  )
  const kysely = new Kysely<Schema>({ dialect: createSqliteDialect({ file, busyTimeoutMs: 1_000 }) })
  await kysely
    .updateTable('bundle_statement')
    .set({ text: Buffer.of(0) as unknown as string })
    .execute()
  await kysely.destroy()
  await refusalOf('STORE_UNAVAILABLE', () => openStore(file, { create: false }))
})
