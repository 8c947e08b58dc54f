import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { BoundedMap } from '../core/bounded-map.ts'
import { monotonicClock } from '../core/clock.ts'
import { isBusy, sqliteFailure } from './sqlite-failure.ts'

export interface SqliteOptions {
  /** A path, or `:memory:`. */
  readonly file: string
  /** How long a statement waits for the locks of other processes. */
  readonly busyTimeoutMs: number
}

/** How often a lock is tried. */
const BUSY_INTERVAL_MS = 5

/** A statement weighs as much as its text: the memory that it takes is in proportion to that. */
const KEPT_STATEMENTS = { maxEntries: 256, maxWeight: 500_000 }

interface Statement {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

/** What SQLite refuses is thrown as an AuthError. Statements are prepared once. */
export class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #busyTimeoutMs: number
  readonly #statements = new BoundedMap<Statement>(KEPT_STATEMENTS)

  constructor({ file, busyTimeoutMs }: SqliteOptions) {
    this.#busyTimeoutMs = busyTimeoutMs
    try {
      this.#database = new DatabaseSync(file)
    } catch (error) {
      throw sqliteFailure(error)
    }
  }

  get isTransaction(): boolean {
    return this.#database.isOpen && this.#database.isTransaction
  }

  /**
   * A statement that was refused because of a lock had no effect, and is tried again. SQLite's own waiting would stop
   * the whole process, also where it is this process that holds the lock; and it does not wait for every lock.
   */
  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const wasTransaction = this.isTransaction
    const lastTry = monotonicClock() + this.#busyTimeoutMs
    for (;;) {
      try {
        return this.#execute<Row>(query)
      } catch (error) {
        const mayTryAgain = isBusy(error) && this.isTransaction === wasTransaction && monotonicClock() < lastTry
        if (!mayTryAgain) throw sqliteFailure(error)
      }
      await sleep(BUSY_INTERVAL_MS)
    }
  }

  streamQuery(): never {
    throw new TypeError('This store does not stream.')
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #execute<Row>({ sql, parameters }: CompiledQuery): QueryResult<Row> {
    const { statement, returnsRows } = this.#prepare(sql)
    // node:sqlite refuses what is not an SQLInputValue.
    const values = parameters as readonly SQLInputValue[]
    if (returnsRows) return { rows: statement.all(...values) as Row[] }
    return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) }
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    const prepared = { statement, returnsRows: statement.columns().length > 0 }
    this.#statements.set(sql, prepared, sql.length)
    return prepared
  }
}
