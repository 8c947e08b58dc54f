import { once } from 'node:events'
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
  type StatusObject,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type { Logger } from '../core/logger.ts'
import { statusText } from '../transport/status.ts'
import { findCaller } from './caller.ts'
import { methodNameOf } from './method-name.ts'
import { refuse } from './refuse.ts'
import type { Handlers, ServerStreamHandler, ServiceType, UnaryHandler } from './service-types.ts'

/** A service as grpc-js registers it. */
export interface AdaptedService {
  readonly definition: ServiceDefinition
  readonly implementation: UntypedServiceImplementation
}

type Method = MethodDefinition<unknown, unknown>

/**
 * Makes async handlers into what grpc-js takes, which itself would hang a call whose async handler rejects.
 * A handler answers with a gRPC status by throwing `{ code, details }`, be it an Error or not; an AuthError answers as
 * the refusal that it is; anything else, a response that cannot be serialized too, is INTERNAL to the caller, under a
 * decision ID by which the log tells the rest.
 * @throws TypeError where a method has no handler, or streams its requests
 */
export function adaptService<Service extends ServiceType>(
  service: Service['service'],
  handlers: Handlers<Service>,
  logger: Logger,
): AdaptedService {
  const definition: Record<string, Method> = {}
  const implementation: UntypedServiceImplementation = {}
  for (const [name, method] of Object.entries<Method>(service)) {
    const handler = handlerOf(handlers, name, method)
    // The adapters serialize, so that a failure to do so is theirs to answer and to log.
    definition[name] = { ...method, responseSerialize: (bytes) => bytes as Buffer }
    implementation[name] = method.responseStream
      ? adaptServerStream(handler as ServerStreamHandler<unknown, unknown>, method, logger)
      : adaptUnary(handler as UnaryHandler<unknown, unknown>, method, logger)
  }
  return { definition, implementation }
}

function handlerOf(handlers: object, name: string, method: Method): unknown {
  const handlerName = methodNameOf(name)
  const handler: unknown = Reflect.get(handlers, handlerName)
  if (typeof handler !== 'function' || handler === Reflect.get(Object.prototype, handlerName)) {
    throw new TypeError(`${method.path} has no handler: add ${handlerName}.`)
  }
  if (method.requestStream) throw new TypeError(`${method.path} streams its requests, which cannot be served yet.`)
  return handler.bind(handlers)
}

function adaptUnary(
  handler: UnaryHandler<unknown, unknown>,
  method: Method,
  logger: Logger,
): handleUnaryCall<unknown, unknown> {
  return async (call, callback) => {
    const answer = await Promise.resolve(call)
      .then(handler)
      .then(method.responseSerialize)
      .then(
        (bytes) => ({ failure: null, bytes }),
        (error: unknown) => ({ failure: encodeFailure(error, method.path, call.metadata, logger), bytes: null }),
      )
    callback(answer.failure, answer.bytes)
  }
}

function adaptServerStream(
  handler: ServerStreamHandler<unknown, unknown>,
  method: Method,
  logger: Logger,
): handleServerStreamingCall<unknown, unknown> {
  return async (call) => {
    const cancellation = new AbortController()
    const cancelled = cancellation.signal
    call.once('cancelled', () => cancellation.abort())
    try {
      for await (const response of handler(call, cancelled)) {
        if (cancelled.aborted) return
        const bytes = method.responseSerialize(response)
        if (!call.write(bytes)) await once(call, 'drain', { signal: cancelled })
      }
      call.end()
    } catch (error) {
      if (!cancelled.aborted) call.emit('error', encodeFailure(error, method.path, call.metadata, logger))
    }
  }
}

function encodeFailure(thrown: unknown, path: string, metadata: Metadata, logger: Logger): Partial<StatusObject> {
  const answer = statusOf(thrown)
  return answer ?? refuse(thrown, { method: path, caller: findCaller(metadata)?.serviceId }, logger)
}

/**
 * A code alone is no status: exceptions of the platform and of commands that failed have codes of their own.
 * Nor is the error of a grpc-js client, which carries metadata: what another service answered is not this one's answer.
 */
function statusOf(thrown: unknown): Partial<StatusObject> | undefined {
  try {
    return isStatus(thrown) ? { code: thrown.code, details: statusText(thrown.details) } : undefined
  } catch {
    return undefined // what was thrown throws itself when it is read
  }
}

function isStatus(thrown: unknown): thrown is { readonly code: status; readonly details: string } {
  if (!(thrown instanceof Object && 'code' in thrown && 'details' in thrown)) return false
  if ('metadata' in thrown && thrown.metadata instanceof Metadata) return false
  const { code, details } = thrown
  return typeof details === 'string' && typeof code === 'number' && code in status && code !== status.OK
}
