import type { Client, MethodDefinition, ServiceError } from '@grpc/grpc-js'
import { type ClientCallOptions, grpcOptionsOf } from './call-options.ts'
import { OutgoingCall } from './outgoing-call.ts'
import type { Requests } from './service-types.ts'

type Method = MethodDefinition<unknown, unknown>

/** A method of a client: what it sends is one request, or anything that can be iterated where requests are streamed. */
export function clientMethod(client: Client, method: Method) {
  if (method.responseStream) return responseStreamMethod(client, method)
  return method.requestStream ? requestStreamMethod(client, method) : unaryMethod(client, method)
}

function unaryMethod(client: Client, { path, requestSerialize, responseDeserialize }: Method) {
  return oneResponseMethod(path, (call, request, options, answer) => {
    const [metadata, callOptions] = grpcOptionsOf(options)
    call.begin(() =>
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, callOptions, answer),
    )
  })
}

function requestStreamMethod(client: Client, { path, requestSerialize, responseDeserialize }: Method) {
  return oneResponseMethod(path, (call, requests, options, answer) => {
    const [metadata, callOptions] = grpcOptionsOf(options)
    const stream = call.beginStream(() =>
      client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, metadata, callOptions, answer),
    )
    call.send(requests as Requests<unknown>, stream)
  })
}

type Answer = (error: ServiceError | null, response?: unknown) => void

/** One promise and no async function: on a busy client, what a call leaves to the garbage collector is what it costs. */
function oneResponseMethod(
  path: string,
  start: (call: OutgoingCall, sent: unknown, options: ClientCallOptions, answer: Answer) => void,
) {
  return (sent: unknown, options: ClientCallOptions = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const call = new OutgoingCall(path, options.signal)
      const fail = (error: unknown): void => {
        call.close()
        reject(call.explain(error))
      }
      const answer: Answer = (error, response) => {
        call.end()
        if (error === null) resolve(response)
        else fail(error)
      }
      try {
        start(call, sent, options, answer)
      } catch (error) {
        fail(error)
      }
    })
}

function responseStreamMethod(client: Client, method: Method) {
  const { path, requestSerialize, responseDeserialize } = method

  function start(call: OutgoingCall, sent: unknown, options: ClientCallOptions): AsyncIterable<unknown> {
    const [metadata, callOptions] = grpcOptionsOf(options)
    if (!method.requestStream) {
      return call.beginStream(() =>
        client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, sent, metadata, callOptions),
      )
    }
    const stream = call.beginStream(() =>
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
