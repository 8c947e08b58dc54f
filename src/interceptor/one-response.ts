import type { MethodDefinition, ServerReadableStream, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js'
import type { Logger } from '../core/logger.ts'
import { encodeFailure } from './handler-failure.ts'
import { HandlerRun } from './handler-run.ts'
import { givenCall } from './request-stream.ts'

type Call = ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown>

/** Adapts a handler that promises its response, to one request or to a stream of them. */
export function adaptOneResponse(
  handler: (call: object, cancelled: AbortSignal) => Promise<unknown>,
  method: MethodDefinition<unknown, unknown>,
  logger: Logger,
) {
  return async (call: Call, callback: sendUnaryData<unknown>): Promise<void> => {
    const run = new HandlerRun(call)
    let bytes: Buffer
    try {
      bytes = method.responseSerialize(await handler(givenCall(call, run.cancelled), run.cancelled))
    } catch (error) {
      if (!run.cancelled.aborted) callback(encodeFailure(error, method.path, call.metadata, logger))
      return
    } finally {
      run.end()
    }
    callback(null, bytes)
  }
}
