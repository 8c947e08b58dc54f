import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js'
import { monotonicClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { DecisionMeter } from '../core/telemetry.ts'
import { peerOf } from '../transport/peers.ts'
import { toAuthError } from '../transport/status.ts'
import { removeToken, TOKEN_KEY } from '../transport/token-metadata.ts'
import { type AuthorizeOptions, authorize } from './authorize.ts'
import { type Admission, rememberAdmission } from './caller.ts'
import type { CallsUnderWay } from './calls-under-way.ts'
import { requireMetadataWithin } from './metadata-size.ts'
import { refuse } from './refuse.ts'

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
  const gate = new Gate(options)
  return ({ path }, call) => {
    const end = options.calls?.begin()
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, admit) => gate.decide(path, call, metadata, admit),
          onCancel: () => end?.(), // comes at every end of a call
        }),
    })
  }
}

class Gate {
  readonly #options: ServerInterceptorOptions
  readonly #meter = new DecisionMeter()

  constructor(options: ServerInterceptorOptions) {
    this.#options = options
  }

  decide(method: string, call: ServerCall, metadata: Metadata, next: (metadata: Metadata) => void): void {
    const start = monotonicClock()
    const peer = peerOf(call)
    const fields = () => ({ method, caller: peer?.serviceId, durationMs: monotonicClock() - start })

    const admit = (admission: Admission): void => {
      try {
        removeToken(metadata)
        rememberAdmission(metadata, admission)
        this.#measure(method, admission)
        const { tokenId } = admission.caller
        this.#options.logger.debug({ outcome: 'allowed', ...fields(), tokenId }, 'call allowed')
        next(metadata)
      } catch (error) {
        answer(error)
      }
    }
    const answer = (error: unknown): void => {
      const refusal = toAuthError(error)
      this.#meter.decided({ method, caller: peer?.serviceId, reason: refusal.code })
      call.sendStatus(refuse(refusal, fields(), this.#options.logger))
    }

    const presented = {
      method,
      peer,
      token: metadata.get(TOKEN_KEY),
      authorization: metadata.get('authorization'),
    }
    try {
      requireMetadataWithin(metadata, this.#options.metadataBytes)
      const admission = authorize(presented, this.#options)
      if (admission instanceof Promise) admission.then(admit, answer)
      else admit(admission)
    } catch (error) {
      answer(error)
    }
  }

  #measure(method: string, { caller, token }: Admission): void {
    const now = this.#options.clock()
    this.#meter.decided({ method, caller: caller.serviceId, reason: undefined })
    this.#meter.aged(now - caller.peer.notBefore, token && now - token.issuedAt * 1000)
  }
}
