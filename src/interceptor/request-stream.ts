import { Readable } from 'node:stream'

/**
 * The call as its handler is given it: safe to read with `for await`, where it brings a stream of requests. As grpc-js
 * makes it, a handler that leaves its loop destroys the call, and could not answer any more.
 */
export function givenCall(call: object, cancelled: AbortSignal): object {
  if (!(call instanceof Readable)) return call
  return Object.defineProperty(call, Symbol.asyncIterator, { value: () => requestsOf(call, cancelled) })
}

async function* requestsOf(call: Readable, cancelled: AbortSignal): AsyncGenerator<unknown, void> {
  try {
    yield* call.iterator({ destroyOnReturn: false })
  } catch (error) {
    cancelled.throwIfAborted() // says more than "Premature close"
    throw error
  }
}
