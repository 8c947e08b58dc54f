import { AuthError, type AuthErrorCode } from '../core/errors.ts'
import { damagedRecord, storeClosed } from './store-failure.ts'

interface Failure {
  readonly code: AuthErrorCode
  readonly message: string
}

/** By primary result code: https://sqlite.org/rescode.html */
const FAILURES: Readonly<Record<number, Failure>> = {
  5: unavailable('The store is busy: another process keeps writing to it. Try again.'),
  6: unavailable('The store is busy: another process keeps it locked. Try again.'),
  8: unavailable('The store cannot be written: let this process write the file and its directory.'),
  10: unavailable('The store cannot be read or written: the disk is full, or reports an error.'),
  11: unavailable('The store is damaged. Restore it from a backup.'),
  13: unavailable('The store cannot be written: the disk is full. Make room, and try again.'),
  14: unavailable('The store cannot be opened: let this process read and write the file and its directory.'),
  19: { code: 'INTERNAL', message: 'The store refused what contradicts its other records. Nothing was stored.' },
  26: { code: 'CONFIGURATION_INVALID', message: 'This is no store, or it is damaged. Nothing was changed in it.' },
}

const BUSY = 5

/**
 * What the failure of a call to node:sqlite means, in words; what SQLite itself said is for the log.
 * A programmer's mistake comes back as it is.
 */
export function sqliteFailure(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown)) return thrown
  if (thrown.code === 'ERR_INVALID_STATE') return storeClosed()
  // A number beyond 2^53: none was ever written.
  if (thrown.code === 'ERR_OUT_OF_RANGE') return damagedRecord(thrown.message)
  if (thrown.code !== 'ERR_SQLITE_ERROR') return thrown
  const result = resultOf(thrown)
  const { code, message } = FAILURES[result] ?? unavailable(`The store failed, with SQLite's result code ${result}.`)
  return new AuthError(code, message, { logDetail: thrown.message })
}

/** Whether a statement was refused, without effect, because another process holds a lock. */
export function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && resultOf(thrown) === BUSY
}

/** An extended result code has the primary one in its lowest byte. */
function resultOf(error: Error): number {
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0
}

function unavailable(message: string): Failure {
  return { code: 'STORE_UNAVAILABLE', message }
}
