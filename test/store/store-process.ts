/**
 * A process that works on a store of which others have the same file open. It says that it is there, starts when it is
 * told to, and writes a line for each thing that is done.
 */

import { writeSync } from 'node:fs'
import { Kysely } from 'kysely'
import { migrate } from '../../src/store/migrate.ts'
import { MIGRATIONS } from '../../src/store/migrations/migrations.ts'
import { openStore } from '../../src/store/open.ts'
import type { Schema } from '../../src/store/schema.ts'
import { createSqliteDialect } from '../../src/store/sqlite-dialect.ts'
import type { Store } from '../../src/store/store.ts'
import { caState, certificateRecord, NOON, serviceId, thumbprintOf } from '../support/ca-records.ts'
import { ORIGIN } from '../support/trust-changes.ts'

const [task = '', file = '', argument = ''] = process.argv.slice(2)

const TASKS: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  /** Makes the CA, if it is the first. */
  create: (store) =>
    store.ledger.create(caState()).then(
      () => say('made'),
      () => say('there'),
    ),

  /** Certifies the same hundred keys as others do, for the service that is named. */
  async claim({ inventory }) {
    for (let index = 0; index < 100; index += 1) {
      const keyThumbprint = thumbprintOf(`key ${index}`)
      await inventory.record(certificateRecord({ keyThumbprint, serviceId: serviceId(argument) })).then(
        () => say(`mine ${index}`),
        ({ code }) => say(`${code} ${index}`),
      )
    }
  },

  /** Changes the state of the CA fifty times, each time by what it has found. */
  async append(store) {
    for (let count = 0; count < 50; count += 1) {
      await store.ledger.update(({ statements, ...state }) => {
        const sequence = Math.max(...statements.map((statement) => statement.sequence)) + 1
        return { ...state, statements: [...statements, { epoch: 1, sequence, text: argument, signature: undefined }] }
      }, NOON)
      say('changed')
    }
  },

  /** Revokes a hundred tokens one after the other, some of them the same ones as others do. */
  async revoke({ trustLog }) {
    for (let index = 0; index < 100; index += 1) {
      const id = index % 4 === 0 ? `both-${index}` : `${argument}-${index}`
      const { sequence } = await trustLog.append([{ kind: 'token', id, until: NOON }], ORIGIN)
      say(`${id} ${sequence}`)
    }
  },

  /** Revokes until it is killed. */
  async revokeOn({ trustLog }) {
    for (let index = 0; ; index += 1) {
      const id = `${argument}-${index}`
      await trustLog.append([{ kind: 'token', id, until: NOON }], ORIGIN)
      say(id)
    }
  },

  /** Records until it is killed. */
  record: (store) =>
    Promise.all(
      Array.from({ length: 8 }, async () => {
        for (;;) {
          const record = certificateRecord()
          await store.inventory.record(record)
          say(record.serialNumber)
        }
      }),
    ),
}

/** Dies within a migration. */
async function dieMigrating(): Promise<void> {
  const kysely = new Kysely<Schema>({ dialect: createSqliteDialect({ file, busyTimeoutMs: 5_000 }) })
  const deadly = {
    async up(transaction: Kysely<unknown>) {
      await transaction.schema.createTable('half').addColumn('done', 'text').execute()
      process.kill(process.pid, 'SIGKILL')
    },
  }
  await migrate(kysely, { create: true, migrations: { ...MIGRATIONS, '9999-deadly': deadly } })
}

async function work(): Promise<void> {
  if (task === 'die-migrating') return dieMigrating()
  const store = await openStore(file, { create: true, firstEpoch: 1 })
  await TASKS[task]?.(store)
  await store.close()
}

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

process.once('message', () => {
  void work().finally(() => process.disconnect())
})
process.send?.('there')
