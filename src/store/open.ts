import { resolve } from 'node:path'
import { Kysely } from 'kysely'
import { systemClock, toEpochSeconds } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import { Database } from './database.ts'
import { migrate, needsMigration } from './migrate.ts'
import type { Schema } from './schema.ts'
import type { SqliteOptions } from './sqlite-connection.ts'
import { createSqliteDialect } from './sqlite-dialect.ts'
import { prepareFile, writeAhead } from './sqlite-file.ts'
import { createStore, type Store } from './store.ts'

export interface OpenOptions {
  /** Whether a new store is made where there is none. */
  readonly create: boolean
  /**
   * Of the trust log, where this makes it. Verifiers that knew another store in the place of this one must not take its
   * revisions for those of that one. Default: the seconds since 1970, or 1 for a store that ends with the process.
   */
  readonly firstEpoch?: number
  /** How long to wait for another process that writes. Default: 5 seconds. */
  readonly busyTimeoutMs?: number
}

/** A store that ends with the process. */
export const IN_MEMORY = ':memory:'

const BUSY_TIMEOUT_MS = 5_000

/**
 * Opens the store in a file, and brings it to this version of Countersign. Several processes may have it open.
 * @throws AuthError CONFIGURATION_INVALID for a file that is missing, is no store, belongs to a later version or
 *   cannot be written; STORE_UNAVAILABLE for one that is damaged, or stays locked
 */
export async function openStore(file: string, options: OpenOptions): Promise<Store> {
  const { create, busyTimeoutMs = BUSY_TIMEOUT_MS } = options
  const { firstEpoch = file === IN_MEMORY ? 1 : toEpochSeconds(systemClock()) } = options
  try {
    if (file !== IN_MEMORY) await prepareFile(file, create)
    const path = file === IN_MEMORY ? file : resolve(file)
    return createStore(await openDatabase({ file: path, busyTimeoutMs }, { create, firstEpoch }))
  } catch (error) {
    throw named(error, file)
  }
}

async function openDatabase(
  options: SqliteOptions,
  { create, firstEpoch }: { readonly create: boolean; readonly firstEpoch: number },
): Promise<Database> {
  const kysely = new Kysely<Schema>({ dialect: createSqliteDialect(options) })
  try {
    const isOld = await needsMigration(kysely, { create }) // before anything is written
    await writeAhead(kysely)
    if (isOld) await migrate(kysely, { create, firstEpoch })
    return new Database(kysely)
  } catch (error) {
    await kysely.destroy()
    throw error
  }
}

/** Only whoever opens a store is told where it lies: other refusals may be shown to a peer. */
function named(error: unknown, file: string): unknown {
  if (!(error instanceof AuthError)) return error
  const { code, message, logDetail } = error
  return new AuthError(code, `${file}: ${message}`, logDetail === undefined ? {} : { logDetail })
}
