import { AuthError } from '../../core/errors.ts'

const MAX_LENGTH = 200

/**
 * Why something is revoked or blocked, in words, for the record: it stands in logs.
 * @throws AuthError REQUEST_INVALID
 */
export function parseReason(text: string): string {
  if (text.length <= MAX_LENGTH && !/\p{Cc}/u.test(text)) return text
  throw new AuthError('REQUEST_INVALID', `A reason is one line of up to ${MAX_LENGTH} characters.`)
}
