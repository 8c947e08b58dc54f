import type {
  Metadata,
  MethodDefinition,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type { Logger } from '../core/logger.ts'
import type { AdaptedService } from './handler.ts'
import { encodeFailure } from './handler-failure.ts'

type Method = MethodDefinition<unknown, unknown>

/** A call of any kind, and the callback that the kinds with one response have. */
type Call = NodeJS.EventEmitter & { readonly metadata: Metadata }
type Handler = (call: Call, callback?: sendUnaryData<unknown>) => unknown

/**
 * Takes handlers that were written for grpc-js as they are. One that throws, or is async and rejects, which would hang
 * its call and end the process, answers INTERNAL and tells the log.
 */
export function guardService(
  definition: ServiceDefinition,
  handlers: UntypedServiceImplementation,
  logger: Logger,
): AdaptedService {
  const implementation: UntypedServiceImplementation = {}
  for (const [name, method] of Object.entries<Method>(definition)) {
    const handler = handlers[name] ?? handlers[method.originalName ?? name]
    if (handler !== undefined) implementation[name] = guard((handler as Handler).bind(handlers), method, logger)
  }
  return { definition, implementation }
}

function guard(handler: Handler, { path }: Method, logger: Logger): Handler {
  return async (call, callback) => {
    let isAnswered = false
    const answer: sendUnaryData<unknown> = (...given) => {
      isAnswered = true
      callback?.(...given)
    }
    try {
      await handler(call, callback && answer)
    } catch (error) {
      const failure = encodeFailure(error, path, call.metadata, logger)
      if (callback === undefined) call.emit('error', failure)
      else if (!isAnswered) callback(failure)
    }
  }
}
