import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { AuthError, type AuthErrorCode, messageOf } from '../core/errors.ts'
import { decodeRefusal, encodeRefusal } from '../transport/status.ts'

/**
 * A call that failed, as its client sees it. It is neither an AuthError nor does it have a gRPC `code`:
 * thrown on by a handler, it becomes INTERNAL to that handler's caller, whom another service's refusal
 * would mislead about its own token.
 */
export class CallError extends Error {
  override readonly name = 'CallError'
  readonly method: string
  readonly status: status
  /** What the server, or the authority, said in words. */
  readonly details: string
  /** Why the call was refused; `undefined` where it failed in another way. */
  readonly reason: AuthErrorCode | undefined
  /** Under which the log of whoever refused the call tells more; `undefined` where nobody else decided. */
  readonly decisionId: string | undefined

  constructor(method: string, failure: StatusObject, options?: ErrorOptions) {
    const refusal = decodeRefusal(failure.metadata)
    const parts = new Set([method, status[failure.code], refusal?.code, failure.details])
    super([...parts].filter(Boolean).join(': '), options)
    this.method = method
    this.status = failure.code
    this.details = failure.details
    this.reason = refusal?.code
    this.decisionId = refusal?.decisionId
  }

  /** For a call that could not even be started. */
  static fromThrown(method: string, thrown: unknown): CallError {
    if (thrown instanceof AuthError) return new CallError(method, encodeRefusal(thrown), { cause: thrown })
    return CallError.cancelled(method, messageOf(thrown), thrown)
  }

  /** For a call that this side gave up. */
  static cancelled(method: string, details: string, cause: unknown): CallError {
    return new CallError(method, { code: status.CANCELLED, details, metadata: new Metadata() }, { cause })
  }
}

/**
 * Why a server refused a call of a grpc-js client with callbacks: the reason in the error's `google.rpc.ErrorInfo`.
 * `undefined` where the call failed in another way; so does one whose connection was refused in the TLS handshake, of
 * which a client learns no more than UNAVAILABLE. The CallError of a client that `createClient` made has it as `reason`.
 */
export function reasonOf(error: { readonly metadata: Metadata }): AuthErrorCode | undefined {
  return decodeRefusal(error.metadata)?.code
}
