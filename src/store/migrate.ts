import { type Kysely, sql } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration'
import { AuthError } from '../core/errors.ts'
import { MIGRATIONS } from './migrations/migrations.ts'
import type { Schema } from './schema.ts'
import { damagedRecord } from './store-failure.ts'

export interface MigrateOptions {
  /** Whether a database without any table may become a store. */
  readonly create: boolean
  /** Of the trust log, where this makes one. Default: 1. */
  readonly firstEpoch?: number
  readonly migrations?: Readonly<Record<string, Migration>>
}

/**
 * Reads whether this program can work with a database, and changes nothing.
 * @returns whether it has to be migrated first
 * @throws AuthError CONFIGURATION_INVALID where a later program has migrated it, where it is another program's, and
 *   where it is empty and must not be
 */
export async function needsMigration(kysely: Kysely<Schema>, options: MigrateOptions): Promise<boolean> {
  const { create, migrations = MIGRATIONS } = options
  const applied = await readApplied(kysely)
  const unknown = applied.filter((name) => !Object.hasOwn(migrations, name))
  if (unknown.length > 0) {
    throw invalid(`a later version of Countersign has changed this store (${unknown.join(', ')}). Use that version.`)
  }
  if (applied.length === 0 && !create) throw invalid('this file is empty. "countersign ca init" makes a store.')
  return applied.length < Object.keys(migrations).length
}

/**
 * Migrates a database, all of it or nothing: in one transaction, beside which no other process migrates.
 * @throws AuthError as `needsMigration` does
 */
export async function migrate(kysely: Kysely<Schema>, options: MigrateOptions): Promise<void> {
  const { migrations = MIGRATIONS, firstEpoch } = options
  await kysely.transaction().execute(async (transaction) => {
    if (!(await needsMigration(transaction, options))) return
    const hadLog = (await readApplied(transaction)).includes(TRUST_LOG)
    const migrator = new Migrator({ db: transaction, provider: { getMigrations: async () => ({ ...migrations }) } })
    const { error } = await migrator.migrateToLatest()
    if (error !== undefined) throw error
    if (!hadLog && firstEpoch !== undefined)
      await transaction.updateTable('trust_revision').set({ epoch: firstEpoch }).execute()
  })
}

const TRUST_LOG: keyof typeof MIGRATIONS = '0002-trust-log'

/** The names of the migrations that were applied. */
async function readApplied(kysely: Kysely<Schema>): Promise<readonly string[]> {
  const tables = await kysely.introspection.getTables({ withInternalKyselyTables: true })
  if (tables.length === 0) return []
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) {
    throw invalid("this is another program's database. Choose another file.")
  }
  const { rows } = await sql<{ name: unknown }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(kysely)
  return rows.map(({ name }) => {
    if (typeof name === 'string') return name
    throw damagedRecord('a migration has no name')
  })
}

function invalid(problem: string): AuthError {
  return new AuthError('CONFIGURATION_INVALID', problem)
}
