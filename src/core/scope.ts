import { AuthError } from './errors.ts'

declare const brand: unique symbol

/** A name for something that a caller may do: `inventory.reserve`. */
export type Scope = string & { readonly [brand]: 'Scope' }

const MAX_SCOPE_LENGTH = 256

/** RFC 6749 section 3.3, scope-token: printable ASCII without space, quotation mark and backslash. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** @throws AuthError REQUEST_INVALID */
export function parseScope(text: string): Scope {
  if (text.length > MAX_SCOPE_LENGTH || !SCOPE_TOKEN.test(text)) {
    throw new AuthError(
      'REQUEST_INVALID',
      'This is not a scope. Expected inventory.reserve or the like: printable ASCII without spaces, quotes, backslashes.',
    )
  }
  return text as Scope
}

/**
 * Parses the `scope` claim of a token: scopes with a single space between, none of them twice.
 * @throws AuthError REQUEST_INVALID, also for an empty text
 * @see RFC 8693 section 4.2
 */
export function parseScopeList(text: string): readonly Scope[] {
  const scopes = text.split(' ').map(parseScope)
  if (new Set(scopes).size !== scopes.length) {
    throw new AuthError('REQUEST_INVALID', 'A scope stands twice in the list.')
  }
  return scopes
}

/** The `scope` claim of a token. */
export function formatScopes(scopes: readonly Scope[]): string {
  return scopes.join(' ')
}
