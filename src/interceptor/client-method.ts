import type { Client, MethodDefinition, ServiceError } from '@grpc/grpc-js'
import { type ClientCallOptions, grpcOptionsOf } from './call-options.ts'
import { OutgoingCall } from './outgoing-call.ts'
import type { Requests } from './service-types.ts'

type Method = MethodDefinition<unknown, unknown>

/** A method of a client: what it sends is one request, or anything that can be iterated where requests are streamed. */
export function clientMethod(client: Client, method: Method) {
  return method.responseStream ? responseStreamMethod(client, method) : oneResponseMethod(client, method)
}

function oneResponseMethod(client: Client, method: Method) {
  const { path, requestSerialize, responseDeserialize } = method

  function start(call: OutgoingCall, sent: unknown, options: ClientCallOptions): Promise<unknown> {
    const [metadata, callOptions] = grpcOptionsOf(options)
    return new Promise((resolve, reject) => {
      const answer = (error: ServiceError | null, response?: unknown) =>
        error === null ? resolve(response) : reject(error)
      if (method.requestStream) {
        const stream = call.begin(() =>
          client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, metadata, callOptions, answer),
        )
        call.send(sent as Requests<unknown>, stream)
      } else {
        call.begin(() =>
          client.makeUnaryRequest(path, requestSerialize, responseDeserialize, sent, metadata, callOptions, answer),
        )
      }
    })
  }

  return async (sent: unknown, options: ClientCallOptions = {}): Promise<unknown> => {
    const call = new OutgoingCall(path, options.signal)
    try {
      return await start(call, sent, options)
    } catch (error) {
      throw call.explain(error)
    } finally {
      call.close()
    }
  }
}

function responseStreamMethod(client: Client, method: Method) {
  const { path, requestSerialize, responseDeserialize } = method

  function start(call: OutgoingCall, sent: unknown, options: ClientCallOptions): AsyncIterable<unknown> {
    const [metadata, callOptions] = grpcOptionsOf(options)
    if (!method.requestStream) {
      return call.begin(() =>
        client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, sent, metadata, callOptions),
      )
    }
    const stream = call.begin(() =>
      client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, callOptions),
    )
    call.send(sent as Requests<unknown>, stream)
    return stream
  }

  return async function* (sent: unknown, options: ClientCallOptions = {}): AsyncGenerator<unknown, void> {
    const call = new OutgoingCall(path, options.signal)
    try {
      yield* start(call, sent, options)
    } catch (error) {
      throw call.explain(error)
    } finally {
      call.close()
    }
  }
}
