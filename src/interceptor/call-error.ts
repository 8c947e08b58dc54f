import { type ServiceError, status } from '@grpc/grpc-js'
import type { AuthErrorCode } from '../core/errors.ts'
import { decodeRefusal } from '../transport/status.ts'

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
  /** Under which the server's log tells more of a refusal. */
  readonly decisionId: string | undefined

  constructor(method: string, failure: ServiceError) {
    const refusal = decodeRefusal(failure.metadata)
    super([method, status[failure.code], refusal?.code, failure.details].filter(Boolean).join(': '))
    this.method = method
    this.status = failure.code
    this.details = failure.details
    this.reason = refusal?.code
    this.decisionId = refusal?.decisionId
  }
}
