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

  constructor(method: string, failure: StatusObject) {
    const refusal = decodeRefusal(failure.metadata)
    const parts = new Set([method, status[failure.code], refusal?.code, failure.details])
    super([...parts].filter(Boolean).join(': '))
    this.method = method
    this.status = failure.code
    this.details = failure.details
    this.reason = refusal?.code
    this.decisionId = refusal?.decisionId
  }

  /** For a call that could not even be started. */
  static fromThrown(method: string, thrown: unknown): CallError {
    if (thrown instanceof AuthError) return new CallError(method, encodeRefusal(thrown))
    const failure = { code: status.CANCELLED, details: messageOf(thrown), metadata: new Metadata() }
    return new CallError(method, failure)
  }
}
