import { type CallOptions, Metadata } from '@grpc/grpc-js'
import { AuthError } from '../core/errors.ts'
import { parseScope, type Scope } from '../core/scope.ts'
import { PendingToken } from '../transport/pending-token.ts'

export interface ClientCallOptions {
  /** The scopes that the token shall carry, at least one. Left out: all that policy grants. */
  readonly scopes?: readonly string[]
  /** When the call shall have ended: a time, or milliseconds since 1970. */
  readonly deadline?: Date | number
  readonly metadata?: Metadata
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal
}

/** The same, as grpc-js takes it. */
export function grpcOptionsOf({ scopes, deadline, metadata }: ClientCallOptions): readonly [Metadata, CallOptions] {
  const options = {
    ...(deadline === undefined ? {} : { deadline }),
    ...(scopes === undefined ? {} : { credentials: new PendingToken(parseScopes(scopes)) }),
  }
  return [metadata?.clone() ?? new Metadata(), options]
}

function parseScopes(scopes: readonly string[]): readonly Scope[] {
  if (scopes.length > 0) return scopes.map(parseScope)
  throw new AuthError('REQUEST_INVALID', 'Name a scope, or leave scopes out for all that policy grants.')
}
