import type { MethodDefinition, ServerReadableStream, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js'
import type { Logger } from '../core/logger.ts'
import { encodeFailure } from './handler-failure.ts'
import { HandlerRun } from './handler-run.ts'
import { givenCall } from './request-stream.ts'
import type { HandlerContext } from './service-types.ts'

type Call = ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown>

/** Adapts a handler that promises its response, to one request or to a stream of them. */
export function adaptOneResponse(
  handler: (call: object, context: HandlerContext) => Promise<unknown>,
  method: MethodDefinition<unknown, unknown>,
  logger: Logger,
) {
  return (call: Call, callback: sendUnaryData<unknown>): void => {
    const run = new HandlerRun(call)
    const fail = (error: unknown): void => {
      run.end()
      if (!call.cancelled) callback(encodeFailure(error, method.path, call.metadata, logger))
    }
    const answer = (response: unknown): void => {
      let bytes: Buffer
      try {
        bytes = method.responseSerialize(response)
      } catch (error) {
        fail(error)
        return
      }
      run.end()
      callback(null, bytes)
    }
    try {
      Promise.resolve(handler(givenCall(call, run), run)).then(answer, fail)
    } catch (error) {
      fail(error) // of a handler that is no async function
    }
  }
}
