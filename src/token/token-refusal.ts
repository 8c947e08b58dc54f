import { AuthError, type AuthErrorCode } from '../core/errors.ts'

const MESSAGES = {
  CREDENTIALS_MALFORMED: 'The token is malformed. Send one access token as the authority issued it.',
  TOKEN_AUDIENCE_MISMATCH: 'The token is for another service. Ask the authority for one with this service as audience.',
  TOKEN_BINDING_MISMATCH:
    'The token belongs to another certificate. Send it over the connection of the service that it was issued to.',
  TOKEN_EXPIRED: 'The token has expired. Fetch a new one from the authority.',
  TOKEN_INVALID: 'The token is not valid here. Fetch a new one from the authority.',
  TOKEN_NOT_YET_VALID: 'The token is not valid yet. Compare the clocks of the authority and of this service.',
} as const satisfies Partial<Record<AuthErrorCode, string>>

/** The codes with which a token is refused. */
type TokenRefusalCode = keyof typeof MESSAGES

/**
 * A token's refusal. The peer learns the code and what to do.
 * @param logDetail which check failed: for the log alone
 */
export function tokenRefusal(code: TokenRefusalCode, logDetail: string): AuthError {
  return new AuthError(code, MESSAGES[code], { logDetail })
}
