import { once } from 'node:events'
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  type StatusObject,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { randomId } from '../core/encoding.ts'
import type { Logger } from '../core/logger.ts'
import { encodeRefusal, toAuthError } from '../transport/status.ts'
import type { Handlers, ServerStreamHandler, ServiceType, UnaryHandler } from './service-types.ts'

/**
 * Makes async handlers into what grpc-js takes. grpc-js itself would hang a call whose async handler rejects.
 * A handler that throws an error with a gRPC `code` answers with it; an AuthError answers as the refusal that it is;
 * anything else is INTERNAL to the caller, under a decision ID by which the log tells the rest.
 * @throws TypeError where a method has no handler, or streams its requests
 */
export function adaptHandlers<Service extends ServiceType>(
  service: Service['service'],
  handlers: Handlers<Service>,
  logger: Logger,
): UntypedServiceImplementation {
  const implementation: UntypedServiceImplementation = {}
  for (const [name, method] of Object.entries<MethodDefinition<unknown, unknown>>(service)) {
    const handler: unknown = Reflect.get(handlers, uncapitalize(name))
    if (typeof handler !== 'function') throw new TypeError(`${method.path} has no handler: add ${uncapitalize(name)}.`)
    if (method.requestStream) throw new TypeError(`${method.path} streams its requests, which cannot be served yet.`)
    const bound = handler.bind(handlers)
    implementation[name] = method.responseStream
      ? adaptServerStream(bound, method.path, logger)
      : adaptUnary(bound, method.path, logger)
  }
  return implementation
}

function adaptUnary(
  handler: UnaryHandler<unknown, unknown>,
  method: string,
  logger: Logger,
): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    Promise.resolve(call)
      .then(handler)
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(encodeFailure(error, method, logger)),
      )
  }
}

function adaptServerStream(
  handler: ServerStreamHandler<unknown, unknown>,
  method: string,
  logger: Logger,
): handleServerStreamingCall<unknown, unknown> {
  return async (call) => {
    const cancellation = new AbortController()
    const cancelled = cancellation.signal
    call.once('cancelled', () => cancellation.abort())
    try {
      for await (const response of handler(call, cancelled)) {
        if (cancelled.aborted) return
        if (!call.write(response)) await once(call, 'drain', { signal: cancelled })
      }
      call.end()
    } catch (error) {
      if (!cancelled.aborted) call.emit('error', encodeFailure(error, method, logger))
    }
  }
}

function encodeFailure(thrown: unknown, method: string, logger: Logger): Partial<StatusObject> {
  if (isStatus(thrown)) return { code: thrown.code, details: thrown.details ?? thrown.message ?? '' }
  const decisionId = randomId()
  const failure = toAuthError(thrown)
  const reason = failure.logDetail ?? failure.message
  logger.error({ outcome: 'failed', method, code: failure.code, reason, decisionId }, 'handler failed')
  return encodeRefusal(failure, decisionId)
}

interface ThrownStatus {
  readonly code: status
  readonly details?: string
  readonly message?: string
}

function isStatus(thrown: unknown): thrown is ThrownStatus {
  if (!(thrown instanceof Object) || !('code' in thrown)) return false
  return typeof thrown.code === 'number' && thrown.code in status && thrown.code !== status.OK
}

function uncapitalize(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}
