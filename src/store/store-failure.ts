import { AuthError } from '../core/errors.ts'

export function storeClosed(): AuthError {
  return new AuthError('STORE_UNAVAILABLE', 'The store is closed.')
}

/**
 * A record that cannot have been written so.
 * @param detail what is wrong with it, for the log
 */
export function damagedRecord(detail: string): AuthError {
  return new AuthError(
    'STORE_UNAVAILABLE',
    'The store is damaged: it holds a record that no program wrote so. Restore it from a backup.',
    { logDetail: detail },
  )
}
