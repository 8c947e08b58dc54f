import { once } from 'node:events'
import type { MethodDefinition, ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js'
import type { Logger } from '../core/logger.ts'
import { encodeFailure } from './handler-failure.ts'
import { HandlerRun } from './handler-run.ts'
import { givenCall } from './request-stream.ts'

type Call = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>

/** Adapts a handler that yields its responses, to one request or to a stream of them: no faster than they are taken. */
export function adaptResponseStream(
  handler: (call: object, cancelled: AbortSignal) => AsyncIterable<unknown>,
  method: MethodDefinition<unknown, unknown>,
  logger: Logger,
) {
  return async (call: Call): Promise<void> => {
    const run = new HandlerRun(call)
    const { cancelled } = run
    try {
      for await (const response of handler(givenCall(call, cancelled), cancelled)) {
        if (cancelled.aborted) return
        const bytes = method.responseSerialize(response)
        if (!call.write(bytes)) await once(call, 'drain', { signal: cancelled })
      }
      call.end()
    } catch (error) {
      if (!cancelled.aborted) call.emit('error', encodeFailure(error, method.path, call.metadata, logger))
    } finally {
      run.end()
    }
  }
}
