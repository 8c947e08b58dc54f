import { AuthError } from '../../core/errors.ts'
import { ROOT_NAME } from './authorities.ts'

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/

/**
 * Parses what an intermediate is called; its files are named after it.
 * @throws AuthError REQUEST_INVALID
 */
export function parseIntermediateName(text: string): string {
  if (NAME.test(text) && text !== ROOT_NAME) return text
  throw new AuthError(
    'REQUEST_INVALID',
    'This is not the name of an intermediate. Expected authority-b or the like: up to 32 lowercase letters, digits and hyphens, and not "root".',
  )
}

/** The name of any authority: files are called after it. */
export function parseAuthorityName(text: string): string {
  return text === ROOT_NAME ? text : parseIntermediateName(text)
}
