import { closeSync, constants, openSync } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { AuthError, messageOf } from '../core/errors.ts'
import type { Schema } from './schema.ts'

/** For its owner alone. SQLite gives the files beside it, `-wal` and `-shm`, the same mode. */
const STORE_MODE = 0o600

/**
 * Makes an empty file where there is none, and checks one that is there. Does not read it: whoever closes a file
 * gives up the locks that SQLite holds on it in the same process (https://sqlite.org/howtocorrupt.html section 2.2).
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function prepareFile(file: string, create: boolean): Promise<void> {
  if (create) createFile(file)
  await requireFile(file)
  try {
    await access(file, constants.R_OK | constants.W_OK)
    await access(dirname(file), constants.W_OK)
  } catch (error) {
    throw invalid(`the store cannot be written: ${messageOf(error)}.`)
  }
}

/** Writes go to a log first, from then on and for every process: readers and a writer do not wait for each other. */
export async function writeAhead(kysely: Kysely<Schema>): Promise<void> {
  await sql`pragma journal_mode = wal`.execute(kysely)
}

/** Opened and closed in one go: nothing else in this process can have the new file open yet. */
function createFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', STORE_MODE))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
    throw invalid(`the store cannot be made: ${messageOf(error)}.`)
  }
}

async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch((error) => {
    throw invalid(`there is no store: ${messageOf(error)}. Is this where the CA lies? "countersign ca init" makes one.`)
  })
  if (!found.isFile()) throw invalid('this is no file, and a store is one.')
  // SQLite would take it for an empty one, and overwrite it.
  if (found.size === 1) throw invalid('this is no store.')
}

function invalid(problem: string): AuthError {
  return new AuthError('CONFIGURATION_INVALID', problem)
}
