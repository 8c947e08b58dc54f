import { join } from 'node:path'
import { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { expect, onTestFinished, test } from 'vitest'
import { migrate, needsMigration } from '../../src/store/migrate.ts'
import { MIGRATIONS } from '../../src/store/migrations/migrations.ts'
import { openStore } from '../../src/store/open.ts'
import type { Schema } from '../../src/store/schema.ts'
import { createSqliteDialect } from '../../src/store/sqlite-dialect.ts'
import { caState } from '../support/ca-records.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { refusalOf } from '../support/refusal.ts'

const later: Migration = {
  up: (kysely: Kysely<unknown>) => kysely.schema.createTable('later').addColumn('id', 'text').execute(),
}
const failing: Migration = {
  async up(kysely: Kysely<unknown>) {
    await kysely.schema.createTable('half').addColumn('id', 'text').execute()
    throw new Error('half-way')
  },
}

async function newFile(): Promise<string> {
  return join(await temporaryDirectory(), 'ca.db')
}

function connect(file: string): Kysely<Schema> {
  const kysely = new Kysely<Schema>({ dialect: createSqliteDialect({ file, busyTimeoutMs: 1_000 }) })
  onTestFinished(() => kysely.destroy())
  return kysely
}

async function tablesOf(kysely: Kysely<Schema>): Promise<readonly string[]> {
  return (await kysely.introspection.getTables()).map(({ name }) => name)
}

test('an older store is brought to this version, and keeps what it holds', async () => {
  const file = await newFile()
  const store = await openStore(file, { create: true })
  await store.ledger.create(caState())
  await store.close()

  const kysely = connect(file)
  const migrations = { ...MIGRATIONS, '0900-later': later }
  expect(await needsMigration(kysely, { create: false, migrations })).toBe(true)
  await migrate(kysely, { create: false, migrations })
  expect(await needsMigration(kysely, { create: false, migrations })).toBe(false)
  await migrate(kysely, { create: false, migrations })
  expect(await tablesOf(kysely)).toContain('later')
  expect(await kysely.selectFrom('ca').select('trust_domain').execute()).toEqual([{ trust_domain: 'shop.internal' }])
})

test('a store of a later version is refused, and left as it is', async () => {
  const file = await newFile()
  await migrate(connect(file), { create: true, migrations: { ...MIGRATIONS, '0900-later': later } })
  for (const create of [true, false]) {
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => openStore(file, { create }))
    expect(message).toContain('later version')
    expect(message).toContain('0900-later')
  }
})

test('what must not be migrated is refused, also where it came about meanwhile', async () => {
  const [empty, migrated] = [connect(await newFile()), connect(await newFile())]
  await migrate(migrated, { create: true, migrations: { ...MIGRATIONS, '0900-later': later } })
  await refusalOf('CONFIGURATION_INVALID', () => migrate(empty, { create: false }))
  await refusalOf('CONFIGURATION_INVALID', () => migrate(migrated, { create: true }))
  expect(await empty.introspection.getTables({ withInternalKyselyTables: true })).toEqual([])
})

test('a migration that fails is undone, with those before it', async () => {
  const file = await newFile()
  const kysely = connect(file)
  const migrations = { ...MIGRATIONS, '0900-failing': failing }
  await expect(migrate(kysely, { create: true, migrations })).rejects.toThrow('half-way')
  expect(await kysely.introspection.getTables({ withInternalKyselyTables: true })).toEqual([])
  await migrate(kysely, { create: true })
})

test('of several that migrate at once, one does', async () => {
  const file = await newFile()
  let count = 0
  const counting: Migration = {
    async up() {
      count += 1
    },
  }
  const migrations = { ...MIGRATIONS, '0900-counting': counting }
  await Promise.all([1, 2, 3].map(() => migrate(connect(file), { create: true, migrations })))
  expect(count).toBe(1)
})

test('a list of migrations with a hole is refused', async () => {
  const file = await newFile()
  await migrate(connect(file), { create: true, migrations: { ...MIGRATIONS, '0900-later': later } })
  const migrations = { ...MIGRATIONS, '0500-between': later, '0900-later': later }
  await expect(migrate(connect(file), { create: true, migrations })).rejects.toThrow('0500-between')
})
