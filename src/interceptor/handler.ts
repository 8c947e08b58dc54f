import type { MethodDefinition, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import type { Logger } from '../core/logger.ts'
import { methodNameOf } from './method-name.ts'
import { adaptOneResponse } from './one-response.ts'
import { adaptResponseStream } from './response-stream.ts'
import type { Handlers, ServiceType } from './service-types.ts'

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
 * @throws TypeError where a method has no handler
 */
export function adaptService<Service extends ServiceType>(
  service: Service['service'],
  handlers: Handlers<Service>,
  logger: Logger,
): AdaptedService {
  const definition: Record<string, Method> = {}
  const implementation: UntypedServiceImplementation = {}
  for (const [name, method] of Object.entries<Method>(service)) {
    // The adapters serialize, so that a failure to do so is theirs to answer and to log.
    definition[name] = { ...method, responseSerialize: (bytes) => bytes as Buffer }
    const handler = handlerOf(handlers, name, method)
    implementation[name] = method.responseStream
      ? adaptResponseStream(handler, method, logger)
      : adaptOneResponse(handler, method, logger)
  }
  return { definition, implementation }
}

/** Which kind of handler a method has, its definition says. */
function handlerOf(handlers: object, name: string, { path }: Method): (...args: unknown[]) => never {
  const handlerName = methodNameOf(name)
  const handler: unknown = Reflect.get(handlers, handlerName)
  if (typeof handler !== 'function' || handler === Reflect.get(Object.prototype, handlerName)) {
    throw new TypeError(`${path} has no handler: add ${handlerName}.`)
  }
  return handler.bind(handlers)
}
