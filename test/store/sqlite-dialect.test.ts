import { join } from 'node:path'
import { Kysely, sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { createSqliteDialect } from '../../src/store/sqlite-dialect.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { refusalOf } from '../support/refusal.ts'

interface Tables {
  readonly entry: { readonly id: number }
}

async function connect(): Promise<Kysely<Tables>> {
  const file = join(await temporaryDirectory(), 'test.db')
  const kysely = new Kysely<Tables>({ dialect: createSqliteDialect({ file, busyTimeoutMs: 1_000 }) })
  onTestFinished(() => kysely.destroy())
  await kysely.schema
    .createTable('entry')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .execute()
  return kysely
}

test('a commit is on disk before it returns, and references are held', async () => {
  const kysely = await connect()
  const settings = [
    ['synchronous', 2],
    ['fullfsync', 1],
    ['foreign_keys', 1],
    ['cell_size_check', 1],
    ['trusted_schema', 0],
  ] as const
  for (const [name, value] of settings) {
    const { rows } = await sql`pragma ${sql.raw(name)}`.execute(kysely)
    expect(rows).toEqual([{ [name]: value }])
  }
})

test('transactions that come at once run one after the other', async () => {
  const kysely = await connect()
  await Promise.all(
    Array.from({ length: 20 }, () =>
      kysely.transaction().execute(async (transaction) => {
        const { count } = await transaction
          .selectFrom('entry')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow()
        await transaction.insertInto('entry').values({ id: count }).execute()
      }),
    ),
  )
  expect((await kysely.selectFrom('entry').select('id').execute()).map(({ id }) => id)).toEqual([...Array(20).keys()])
})

test('what a transaction did is undone where it fails, and the next one is not hurt', async () => {
  const kysely = await connect()
  const failing = kysely.transaction().execute(async (transaction) => {
    await transaction.insertInto('entry').values({ id: 1 }).execute()
    await transaction.insertInto('entry').values({ id: 1 }).execute()
  })
  await refusalOf('INTERNAL', () => failing)
  await kysely.transaction().execute((transaction) => transaction.insertInto('entry').values({ id: 2 }).execute())
  expect(await kysely.selectFrom('entry').select('id').execute()).toEqual([{ id: 2 }])
})

test('it is told how many rows a statement has changed, and which it returns', async () => {
  const kysely = await connect()
  const inserted = await kysely
    .insertInto('entry')
    .values([{ id: 1 }, { id: 2 }])
    .executeTakeFirst()
  expect(inserted.numInsertedOrUpdatedRows).toBe(2n)
  expect(await kysely.updateTable('entry').set({ id: 3 }).where('id', '=', 1).returning('id').execute()).toEqual([
    { id: 3 },
  ])
})

test('what SQLite does not understand is told with its number, and in its words to the log only', async () => {
  const kysely = await connect()
  const { message, logDetail } = await refusalOf('STORE_UNAVAILABLE', () => sql`select absent`.execute(kysely))
  expect(message).not.toContain('absent')
  expect(logDetail).toContain('absent')
})
