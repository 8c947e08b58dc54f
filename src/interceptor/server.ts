import type { ServerInterceptor } from '@grpc/grpc-js'
import type { Logger } from '../core/logger.ts'
import { DecisionMeter } from '../core/telemetry.ts'
import { resolveServerLimits } from '../transport/server-limits.ts'
import type { AuthorizeOptions } from './authorize.ts'
import type { CallsUnderWay } from './calls-under-way.ts'
import { GuardedCall } from './guarded-call.ts'

export interface ServerInterceptorOptions extends AuthorizeOptions {
  readonly logger: Logger
  /** What the metadata of a call may take. Default: 16,384. */
  readonly metadataBytes?: number
  /** Told of each call, from its start to its end. */
  readonly calls?: CallsUnderWay
}

/**
 * Lets a call through to its handler once its access rule is met, and answers it otherwise: no message
 * is read before. `callerOf` tells the handler who calls; the token itself stays here.
 * @throws AuthError CONFIGURATION_INVALID for a limit that is none
 */
export function serverInterceptor(options: ServerInterceptorOptions): ServerInterceptor {
  const { metadataBytes } = resolveServerLimits(
    options.metadataBytes === undefined ? {} : { metadataBytes: options.metadataBytes },
  )
  const gate = { ...options, metadataBytes, meter: new DecisionMeter() }
  return ({ path }, call) => new GuardedCall(path, call, gate)
}
