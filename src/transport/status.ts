import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { AuthError, type AuthErrorCode, messageOf } from '../core/errors.ts'
import { decodeErrorInfo, encodeErrorInfo } from './error-info.ts'

/** The gRPC status of each refusal. UNAUTHENTICATED: who calls is not proven. PERMISSION_DENIED: it is, and may not. */
const STATUS: Readonly<Record<AuthErrorCode, status>> = {
  AUTHORITY_UNAVAILABLE: status.UNAVAILABLE,
  CALLER_NOT_ALLOWED: status.PERMISSION_DENIED,
  CERTIFICATE_EXPIRED: status.UNAUTHENTICATED,
  CERTIFICATE_REQUEST_INVALID: status.INVALID_ARGUMENT,
  CERTIFICATE_REVOKED: status.UNAUTHENTICATED,
  CONFIGURATION_INVALID: status.INTERNAL,
  CREDENTIALS_MALFORMED: status.UNAUTHENTICATED,
  CREDENTIALS_MISSING: status.UNAUTHENTICATED,
  GRANT_DENIED: status.PERMISSION_DENIED,
  INTERNAL: status.INTERNAL,
  METHOD_NOT_DECLARED: status.PERMISSION_DENIED,
  RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  REQUEST_INVALID: status.INVALID_ARGUMENT,
  STORE_UNAVAILABLE: status.UNAVAILABLE,
  TOKEN_AUDIENCE_MISMATCH: status.UNAUTHENTICATED,
  TOKEN_BINDING_MISMATCH: status.UNAUTHENTICATED,
  TOKEN_EXPIRED: status.UNAUTHENTICATED,
  TOKEN_INVALID: status.UNAUTHENTICATED,
  TOKEN_NOT_YET_VALID: status.UNAUTHENTICATED,
  TOKEN_REVOKED: status.UNAUTHENTICATED,
  TOKEN_SCOPE_INSUFFICIENT: status.PERMISSION_DENIED,
  TRANSPORT_NOT_AUTHENTICATED: status.UNAUTHENTICATED,
  VERIFIER_NOT_READY: status.UNAVAILABLE,
}

const DETAILS_KEY = 'grpc-status-details-bin'

export function statusCodeOf(code: AuthErrorCode): status {
  return STATUS[code]
}

/**
 * The status that tells a peer of a refusal: the code's own, its message, an ErrorInfo with the decision ID.
 * @param decisionId under which this process logs it; a refusal that another process decided keeps that one's
 * @param stage `admission` where no handler has run: only then does it harm nothing to make the call once more
 */
export function encodeRefusal(error: AuthError, decisionId?: string, stage?: 'admission'): StatusObject {
  const code = STATUS[error.code]
  const details = statusText(error.message)
  const id = error.decisionId ?? decisionId
  const { stage: _, ...told } = error.details // the stage is for who refuses to tell
  const said = { ...told, ...(id !== undefined && { decisionId: id }), ...(stage !== undefined && { stage }) }
  const texts = Object.entries(said).map(([key, text]) => [key, statusText(text)])
  const metadata = new Metadata()
  const info = { reason: error.code, metadata: Object.fromEntries(texts) }
  metadata.set(DETAILS_KEY, encodeErrorInfo(code, details, info))
  return { code, details, metadata }
}

const MAX_TEXT_LENGTH = 512

/**
 * A text as a status can carry it. grpc-js percent-encodes it into a header: it throws for half of a surrogate pair,
 * and a header that is too long ends the connection, with every other call on it.
 */
export function statusText(text: string): string {
  return text.length <= MAX_TEXT_LENGTH ? text.toWellFormed() : `${text.slice(0, MAX_TEXT_LENGTH - 1)}…`.toWellFormed()
}

/** Whatever went wrong, as a refusal that may be shown: anything unknown is INTERNAL, and told to the log alone. */
export function toAuthError(thrown: unknown): AuthError {
  // What is wrong with this service's set-up, files and all, is for its own log.
  if (thrown instanceof AuthError && thrown.code !== 'CONFIGURATION_INVALID') return thrown
  const logDetail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown)
  return new AuthError('INTERNAL', 'The service failed. Its log tells more under this decision ID.', { logDetail })
}

/** Why a peer refused a call, and under which decision ID its log tells more. */
export interface Refusal {
  readonly code: AuthErrorCode
  readonly decisionId: string | undefined
  /** Whether the call was refused before a handler ran. */
  readonly isBeforeHandler: boolean
}

/** The refusal that a peer sent with its status; `undefined` where the call failed in another way. */
export function decodeRefusal(metadata: Metadata): Refusal | undefined {
  const [bytes] = metadata.get(DETAILS_KEY)
  const info = Buffer.isBuffer(bytes) ? decodeErrorInfo(bytes) : undefined
  if (info === undefined || !isAuthErrorCode(info.reason)) return undefined
  const { decisionId, stage } = info.metadata
  return { code: info.reason, decisionId, isBeforeHandler: stage === 'admission' }
}

function isAuthErrorCode(reason: string): reason is AuthErrorCode {
  return Object.hasOwn(STATUS, reason)
}
