import { type Metadata, ServerInterceptingCall, type ServerInterceptor, ServerListenerBuilder } from '@grpc/grpc-js'
import { monotonicClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { peerOf } from '../transport/peers.ts'
import { type AuthorizeOptions, authorize } from './authorize.ts'
import { type Caller, rememberCaller } from './caller.ts'
import type { CallsUnderWay } from './calls-under-way.ts'
import { requireMetadataWithin } from './metadata-size.ts'
import { LAST_RESORT, refuse } from './refuse.ts'

export interface ServerInterceptorOptions extends AuthorizeOptions {
  readonly logger: Logger
  /** What the metadata of a call may take. */
  readonly metadataBytes: number
  /** Told of each call, from its start to its end. */
  readonly calls?: CallsUnderWay
}

type ServerCall = Parameters<ServerInterceptor>[1]

/**
 * Lets a call through to its handler once its access rule is met, and answers it otherwise: no message
 * is read before. `callerOf` tells the handler who calls; the token itself stays here.
 */
export function serverInterceptor(options: ServerInterceptorOptions): ServerInterceptor {
  return ({ path }, call) => {
    const end = options.calls?.begin()
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        // What fails here is the logger: the call must end all the same, and the process must not.
        decide(path, call, metadata, next, options).catch(() => call.sendStatus(LAST_RESORT))
      })
      .withOnCancel(() => end?.()) // comes at every end of a call
      .build()
    return new ServerInterceptingCall(call, { start: (next) => next(listener) })
  }
}

async function decide(
  method: string,
  call: ServerCall,
  metadata: Metadata,
  next: (metadata: Metadata) => void,
  options: ServerInterceptorOptions,
): Promise<void> {
  const start = monotonicClock()
  const peer = peerOf(call)
  const fields = () => ({ method, caller: peer?.serviceId, durationMs: monotonicClock() - start })
  try {
    requireMetadataWithin(metadata, options.metadataBytes)
    const caller = await authorize({ method, peer, authorization: metadata.get('authorization') }, options)
    admit(metadata, caller)
    options.logger.debug({ outcome: 'allowed', ...fields(), tokenId: caller.tokenId }, 'call allowed')
  } catch (error) {
    call.sendStatus(refuse(error, fields(), options.logger))
    return
  }
  next(metadata)
}

function admit(metadata: Metadata, caller: Caller): void {
  metadata.remove('authorization')
  rememberCaller(metadata, caller)
}
