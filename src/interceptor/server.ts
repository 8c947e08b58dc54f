import type { ServerInterceptor } from '@grpc/grpc-js'
import type { Logger } from '../core/logger.ts'
import { DecisionMeter } from '../core/telemetry.ts'
import { resolveServerLimits } from '../transport/server-limits.ts'
import type { AuthorizeOptions } from './authorize.ts'
import { GuardedCall } from './guarded-call.ts'
import { LiveCalls } from './live-calls.ts'

export interface ServerInterceptorOptions extends Omit<AuthorizeOptions, 'answeredWithoutTrust'> {
  /** Paths of methods that are answered also while trust is too old, such as one that tells how old. Default: none. */
  readonly answeredWithoutTrust?: ReadonlySet<string>
  readonly logger: Logger
  /** What the metadata of a call may take. Default: 16,384. */
  readonly metadataBytes?: number
  /** Holds each call from its start to its end. Default: a list of its own. */
  readonly calls?: LiveCalls
}

/**
 * Lets a call through to its handler once its access rule is met, and answers it otherwise: no message
 * is read before. `callerOf` tells the handler who calls; the token itself stays here. A call is ended once what it rests
 * on is revoked, and a stream once that has expired.
 * @throws AuthError CONFIGURATION_INVALID for a limit that is none
 */
export function serverInterceptor(options: ServerInterceptorOptions): ServerInterceptor {
  const { metadataBytes } = resolveServerLimits(
    options.metadataBytes === undefined ? {} : { metadataBytes: options.metadataBytes },
  )
  const { answeredWithoutTrust = new Set<string>(), calls = new LiveCalls(options) } = options
  const gate = { ...options, answeredWithoutTrust, calls, metadataBytes, meter: new DecisionMeter() }
  return (method, call) => new GuardedCall(method, call, gate)
}
