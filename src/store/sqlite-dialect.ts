import {
  CompiledQuery,
  type Dialect,
  type Driver,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely'
import { SqliteConnection, type SqliteOptions } from './sqlite-connection.ts'

/** Kysely on node:sqlite, over one connection: Kysely queues those who would use it at the same time. */
export function createSqliteDialect(options: SqliteOptions): Dialect {
  return {
    createDriver: () => new SqliteDriver(options),
    createAdapter: () => new TransactionalSqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
  }
}

/** Kysely holds that SQLite has no transactions over changes of tables. It does. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

const PRAGMAS = [
  // On disk before a commit returns; on macOS only the second takes care of that.
  'pragma synchronous = full',
  'pragma fullfsync = on',
  // Damage is noticed where it is read, and nothing in a file runs as code.
  'pragma cell_size_check = on',
  'pragma trusted_schema = off',
  // What a statement would undo is kept in memory: in files it would cost a third of all the time.
  'pragma temp_store = memory',
  // Keys and serial numbers are random, so that each certificate changes pages of its own. 16 MB of them, four times
  // the default, are written to the log before they are gathered into the database.
  'pragma wal_autocheckpoint = 4096',
]

class SqliteDriver implements Driver {
  readonly #options: SqliteOptions
  #connection: SqliteConnection | undefined

  constructor(options: SqliteOptions) {
    this.#options = options
  }

  async init(): Promise<void> {
    const connection = new SqliteConnection(this.#options)
    try {
      for (const pragma of PRAGMAS) await connection.executeQuery(CompiledQuery.raw(pragma))
    } catch (error) {
      connection.close()
      throw error
    }
    this.#connection = connection
  }

  async acquireConnection(): Promise<SqliteConnection> {
    if (this.#connection === undefined) throw new TypeError('The driver has not been initialised.')
    return this.#connection
  }

  /** Immediate: of two that have both read before they write, one could never write. */
  async beginTransaction(connection: SqliteConnection, { accessMode }: TransactionSettings): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(accessMode === 'read only' ? 'begin' : 'begin immediate'))
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }

  /** After some failures, that of a full disk among them, SQLite has rolled back by itself. */
  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    if (connection.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'))
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#connection?.close()
  }
}
