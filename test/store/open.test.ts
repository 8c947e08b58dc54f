import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Database } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { IN_MEMORY, openStore } from '../../src/store/open.ts'
import type { Schema } from '../../src/store/schema.ts'
import { createSqliteDialect } from '../../src/store/sqlite-dialect.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { caState, certificateRecord, NOON } from '../support/ca-records.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { refusalOf } from '../support/refusal.ts'

async function newFile(): Promise<string> {
  return join(await temporaryDirectory(), 'ca.db')
}

async function open(file: string, busyTimeoutMs = 5_000): Promise<Store> {
  const store = await openStore(file, { create: true, busyTimeoutMs })
  onTestFinished(() => store.close())
  return store
}

/** A file with a CA and some hundred certificates, closed. */
async function filledFile(): Promise<string> {
  const file = await newFile()
  const store = await openStore(file, { create: true })
  await store.ledger.create(caState())
  await Promise.all(Array.from({ length: 300 }, () => store.inventory.record(certificateRecord())))
  await store.close()
  return file
}

test('a new store is for its owner alone, and so is what lies beside it', async () => {
  const file = await newFile()
  await open(file)
  const beside = await readdir(join(file, '..'))
  expect(beside.sort()).toEqual(['ca.db', 'ca.db-shm', 'ca.db-wal'])
  for (const name of beside) expect((await stat(join(file, '..', name))).mode & 0o777).toBe(0o600)
})

test('a store is one file once it is closed, and all is there when it is opened again', async () => {
  const file = await filledFile()
  expect(await readdir(join(file, '..'))).toEqual(['ca.db'])
  const store = await openStore(file, { create: false })
  expect(await store.ledger.read()).toEqual(caState())
  expect(await store.inventory.list({ serviceId: undefined, validAt: 0 })).toHaveLength(300)
  await store.close()
})

test('a store that is only to be opened is not made', async () => {
  const file = await newFile()
  const { message } = await refusalOf('CONFIGURATION_INVALID', () => openStore(file, { create: false }))
  expect(message).toContain(file)
  expect(message).toContain('countersign ca init')
  expect(await readdir(join(file, '..'))).toEqual([])

  await writeFile(file, '')
  const { message: ofEmpty } = await refusalOf('CONFIGURATION_INVALID', () => openStore(file, { create: false }))
  expect(ofEmpty).toContain('countersign ca init')
  expect((await stat(file)).size).toBe(0)
})

test('an empty file becomes a store: what is left of one that could not be made', async () => {
  const file = await newFile()
  await writeFile(file, '')
  await (await open(file)).ledger.create(caState())
})

describe('what is no store is refused, and left as it is:', () => {
  const contents: readonly [string, string | Buffer][] = [
    ['one byte', '\n'],
    ['a text', 'trustDomain: shop.internal\n'],
    ['a long text', 'a'.repeat(10_000)],
    ['zeros', Buffer.alloc(8192)],
    ['the beginning of a database', 'SQLite format 3\0'],
  ]
  for (const [what, content] of contents) {
    test(what, async () => {
      const file = await newFile()
      await writeFile(file, content)
      for (const create of [true, false]) {
        const { message } = await refusalOf('CONFIGURATION_INVALID', () => openStore(file, { create }))
        expect(message).toContain(file)
      }
      expect(await readFile(file)).toEqual(Buffer.from(content))
      expect(await readdir(join(file, '..'))).toEqual(['ca.db'])
    })
  }

  test("another program's database", async () => {
    const file = await newFile()
    const other = new DatabaseSync(file)
    other.exec('create table bookmark (address text)')
    other.close()
    const before = await readFile(file)
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => openStore(file, { create: true }))
    expect(message).toContain("another program's")
    expect(await readFile(file)).toEqual(before)
  })

  test('a directory', async () => {
    const file = await newFile()
    await mkdir(file)
    for (const create of [true, false]) {
      await refusalOf('CONFIGURATION_INVALID', () => openStore(file, { create }))
    }
    expect(await readdir(file)).toEqual([])
  })

  test('a path through a file, and one into nothing', async () => {
    const file = await newFile()
    await writeFile(file, 'a file')
    for (const path of [join(file, 'ca.db'), join(file, '..', 'missing', 'ca.db')]) {
      const { message } = await refusalOf('CONFIGURATION_INVALID', () => openStore(path, { create: true }))
      expect(message).toContain(path)
    }
  })
})

describe('damage is told, and never taken for an empty store:', () => {
  async function readAll(file: string): Promise<void> {
    const store = await openStore(file, { create: true })
    try {
      await store.inventory.list({ serviceId: undefined, validAt: 0 })
    } finally {
      await store.close()
    }
  }

  test('pages that were overwritten', async () => {
    const file = await filledFile()
    const bytes = await readFile(file)
    for (let page = 1; page < bytes.length / 4096; page += 1) {
      const damaged = Buffer.from(bytes)
      damaged.fill(0xa5, page * 4096, page * 4096 + 64)
      await writeFile(file, damaged)
      await readAll(file).catch(({ code, message }) => {
        expect([code, message]).toEqual(['STORE_UNAVAILABLE', expect.stringContaining('damaged')])
      })
    }
    bytes.fill(0xa5, 4096)
    await writeFile(file, bytes)
    const { message } = await refusalOf('STORE_UNAVAILABLE', () => readAll(file))
    expect(message).toContain('backup')
  })

  test('a header that was overwritten', async () => {
    const file = await filledFile()
    const bytes = await readFile(file)
    bytes.fill(0xa5, 0, 16)
    await writeFile(file, bytes)
    await refusalOf('CONFIGURATION_INVALID', () => readAll(file))
    expect(await readFile(file)).toEqual(bytes)
  })

  test('a file that ends too early', async () => {
    const file = await filledFile()
    await truncate(file, 3 * 4096)
    await refusalOf('STORE_UNAVAILABLE', () => readAll(file))
  })
})

describe('a store that another one keeps busy', () => {
  async function busyFile() {
    const file = await filledFile()
    const other = new DatabaseSync(file)
    onTestFinished(() => other.close())
    other.exec('begin immediate')
    return { file, other }
  }

  test('is read', async () => {
    const { file } = await busyFile()
    expect(await (await open(file)).ledger.read()).toEqual(caState())
  })

  test('is written once that has ended', async () => {
    const { file, other } = await busyFile()
    const { inventory } = await open(file)
    const record = certificateRecord()
    const recording = inventory.record(record)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    other.exec('commit')
    await recording
    expect(await inventory.find(record.serialNumber)).toBeDefined()
  })

  test('is not waited for without end, and works again after that', async () => {
    const { file, other } = await busyFile()
    const { inventory } = await open(file, 20)
    const { message } = await refusalOf('STORE_UNAVAILABLE', () => inventory.record(certificateRecord()))
    expect(message).toContain('busy')
    other.exec('commit')
    await inventory.record(certificateRecord())
  })
})

test('two stores on one file in one process do not wait for each other in vain', async () => {
  const file = await filledFile()
  const stores = await Promise.all([open(file, 1_000), open(file, 1_000)])
  await Promise.all(
    stores.flatMap(({ inventory }) => Array.from({ length: 50 }, () => inventory.record(certificateRecord()))),
  )
})

test('a full disk refuses what does not fit, whole, and the store goes on', async () => {
  const kysely = new Kysely<Schema>({ dialect: createSqliteDialect({ file: await newFile(), busyTimeoutMs: 0 }) })
  await migrate(kysely, { create: true })
  const store = createStore(new Database(kysely))
  onTestFinished(() => store.close())
  await store.ledger.create(caState())
  await sql`pragma max_page_count = 40`.execute(kysely)

  const requestedBy = 'a'.repeat(1000)
  const recorded: string[] = []
  const fill = async () => {
    for (;;) {
      const batch = Array.from({ length: 10 }, () => certificateRecord({ requestedBy }))
      await Promise.all(batch.map((record) => store.inventory.record(record)))
      recorded.push(...batch.map(({ serialNumber }) => serialNumber))
    }
  }
  const { message } = await refusalOf('STORE_UNAVAILABLE', fill)
  expect(message).toContain('full')
  const listed = await store.inventory.list({ serviceId: undefined, validAt: 0 })
  expect(listed.map(({ serialNumber }) => serialNumber).sort()).toEqual(recorded.sort())

  const text = 'a'.repeat(100_000)
  const { message: ofState } = await refusalOf('STORE_UNAVAILABLE', () =>
    store.ledger.update(
      (state) => ({ ...state, statements: [{ epoch: 2, sequence: 1, text, signature: text }] }),
      NOON,
    ),
  )
  expect(ofState).toContain('full')
  expect(await store.ledger.read()).toEqual(caState())

  await sql`pragma max_page_count = 1000`.execute(kysely)
  await store.inventory.record(certificateRecord({ requestedBy }))
})

test('a disk that cannot be written refuses, in words', async () => {
  const kysely = new Kysely<Schema>({ dialect: createSqliteDialect({ file: await newFile(), busyTimeoutMs: 0 }) })
  await migrate(kysely, { create: true })
  const store = createStore(new Database(kysely))
  onTestFinished(() => store.close())
  await store.ledger.create(caState())
  await sql`pragma query_only = on`.execute(kysely)
  const { message } = await refusalOf('STORE_UNAVAILABLE', () => store.inventory.record(certificateRecord()))
  expect(message).toContain('cannot be written')
  expect(await store.inventory.list({ serviceId: undefined, validAt: 0 })).toEqual([])
})

test('stores in memory are each by themselves', async () => {
  const [one, other] = [await open(IN_MEMORY), await open(IN_MEMORY)]
  await one.ledger.create(caState())
  expect(await other.ledger.read()).toBeUndefined()
})

test('a store begins its trust log at an epoch that no store before it in its place has had', async () => {
  const file = join(await temporaryDirectory(), 'ca.db')
  const before = Math.floor(Date.now() / 1000)
  const store = await openStore(file, { create: true })
  const first = await store.trustLog.append([], { by: 'operator:test', at: 0, reason: '' })
  await store.close()
  expect(first.epoch).toBeGreaterThanOrEqual(before)
  const again = await openStore(file, { create: false })
  expect((await again.trustLog.read(undefined, 1)).revision).toEqual(first)
  await again.close()
})
