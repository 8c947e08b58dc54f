import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js'

/**
 * Keeps a stream of requests that was cut off from looking complete. Of a caller whose connection dies, or who resets
 * the stream, Node ends the HTTP/2 stream before it closes it, and grpc-js takes the end for the last request: a
 * handler would act on half an upload. The close follows in the same turn of the event loop, so the end waits for the
 * next one. A caller on Node that cancels ends its stream in a frame of its own before it resets it: that end is real
 * on the wire, and nothing here can tell it from another.
 */
export const wholeRequests: ServerInterceptor = ({ requestStream }, call) => {
  if (!requestStream) return call as ServerInterceptingCall
  return new ServerInterceptingCall(call, {
    start: (next) => next({ onReceiveHalfClose: (pass) => setImmediate(pass) }),
  })
}
