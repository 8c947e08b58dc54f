import { inspect } from 'node:util'

/**
 * Every reason for which Countersign refuses. A code is stable: it stands in log
 * lines, in the `reason` of `google.rpc.ErrorInfo`, and programs may branch on it.
 */
export type AuthErrorCode =
  | 'AUTHORITY_UNAVAILABLE'
  | 'CALLER_NOT_ALLOWED'
  | 'CERTIFICATE_EXPIRED'
  | 'CERTIFICATE_REQUEST_INVALID'
  | 'CERTIFICATE_REVOKED'
  | 'CONFIGURATION_INVALID'
  | 'CREDENTIALS_MALFORMED'
  | 'CREDENTIALS_MISSING'
  | 'GRANT_DENIED'
  | 'INTERNAL'
  | 'METHOD_NOT_DECLARED'
  | 'RATE_LIMITED'
  | 'REQUEST_INVALID'
  | 'STORE_UNAVAILABLE'
  | 'TOKEN_AUDIENCE_MISMATCH'
  | 'TOKEN_BINDING_MISMATCH'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_INVALID'
  | 'TOKEN_NOT_YET_VALID'
  | 'TOKEN_REVOKED'
  | 'TOKEN_SCOPE_INSUFFICIENT'
  | 'TRANSPORT_NOT_AUTHENTICATED'
  | 'VERIFIER_NOT_READY'

export interface AuthErrorOptions {
  /** What the peer may be told beside the code, such as the scopes that a method demands. Never a secret. */
  readonly details?: Readonly<Record<string, string>>
  /** What only the log may say: which check failed, and why. Never a secret. */
  readonly logDetail?: string
  /** Under which another process has logged this refusal, where it was that process's. */
  readonly decisionId?: string | undefined
}

/**
 * A refusal. Its message may be shown to the peer: it says what is wrong and what to do,
 * and never holds a token, a key or a claim.
 */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: AuthErrorCode
  readonly details: Readonly<Record<string, string>>
  readonly logDetail: string | undefined
  readonly decisionId: string | undefined

  constructor(code: AuthErrorCode, message: string, options: AuthErrorOptions = {}) {
    super(message)
    this.code = code
    this.details = { ...options.details }
    this.logDetail = options.logDetail
    this.decisionId = options.decisionId
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message
  return typeof thrown === 'string' ? thrown : inspect(thrown)
}
