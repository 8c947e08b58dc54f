import type { EventEmitter } from 'node:events'
import type {
  Client,
  ClientDuplexStream,
  ClientReadableStream,
  ClientWritableStream,
  ServerUnaryCall,
  ServiceDefinition,
} from '@grpc/grpc-js'

/** A service as `loadProtos` gives it: the constructor of its client, which carries its definition. */
export interface ServiceType {
  new (...args: ConstructorParameters<typeof Client>): Client
  readonly service: ServiceDefinition
}

/** Implementations of a service's methods, under their names in lower camel case. */
export type Handlers<Service extends ServiceType> = {
  readonly [Name in MethodName<Service> as Uncapitalize<Name>]: Handler<
    Service['service'][Name],
    KindOf<InstanceType<Service>, Name>
  >
}

/** A call that brings one request. */
export type RequestCall<Request> = ServerUnaryCall<Request, unknown>

/**
 * A call that brings a stream of requests: `for await (const request of call)`. What was left unread may be read later;
 * reading throws once the call is over, as where the caller's connection died. A caller on Node that cancels half-way
 * may look as if it had sent everything, for Node ends a stream before it resets it: where half of the requests must
 * not be taken for all, the last one has to say that it is the last.
 */
export type RequestStreamCall<Request> = Omit<RequestCall<Request>, 'request' | keyof EventEmitter> &
  AsyncIterable<Request>

/** Answers one request with one response. `cancelled` aborts once nobody waits for it any more. */
export type UnaryHandler<Request, Response> = (call: RequestCall<Request>, cancelled: AbortSignal) => Promise<Response>

/** Answers a stream of requests with one response. `cancelled` aborts once nobody waits for it any more. */
export type ClientStreamHandler<Request, Response> = (
  call: RequestStreamCall<Request>,
  cancelled: AbortSignal,
) => Promise<Response>

/** Answers one request with a stream of responses, until `cancelled` aborts: nobody listens any more. */
export type ServerStreamHandler<Request, Response> = (
  call: RequestCall<Request>,
  cancelled: AbortSignal,
) => AsyncIterable<Response>

/** Answers a stream of requests with a stream of responses, until `cancelled` aborts: nobody listens any more. */
export type BidiHandler<Request, Response> = (
  call: RequestStreamCall<Request>,
  cancelled: AbortSignal,
) => AsyncIterable<Response>

/** A client of a service, its methods under their names in lower camel case. */
export type ServiceClient<Service extends ServiceType, Options> = {
  readonly [Name in MethodName<Service> as Uncapitalize<Name>]: ClientMethod<
    Service['service'][Name],
    KindOf<InstanceType<Service>, Name>,
    Options
  >
}

/** What a method that streams its requests takes. */
export type Requests<Request> = Iterable<Request> | AsyncIterable<Request>

type ClientMethod<Method, Kind, Options> = Method extends {
  requestSerialize: (value: infer Request) => Buffer
  responseDeserialize: (bytes: Buffer) => infer Response
}
  ? ClientMethods<Request, Response, Options>[Kind & keyof ClientMethods<Request, Response, Options>]
  : never

interface ClientMethods<Request, Response, Options> {
  unary(request: Request, options?: Options): Promise<Response>
  'client stream'(requests: Requests<Request>, options?: Options): Promise<Response>
  'server stream'(request: Request, options?: Options): AsyncIterable<Response>
  bidi(requests: Requests<Request>, options?: Options): AsyncIterable<Response>
}

type Handler<Method, Kind> = Method extends {
  requestDeserialize: (bytes: Buffer) => infer Request
  responseSerialize: (value: infer Response) => Buffer
}
  ? HandlerKinds<Request, Response>[Kind & keyof HandlerKinds<Request, Response>]
  : never

interface HandlerKinds<Request, Response> {
  unary: UnaryHandler<Request, Response>
  'client stream': ClientStreamHandler<Request, Response>
  'server stream': ServerStreamHandler<Request, Response>
  bidi: BidiHandler<Request, Response>
}

/** The method names that the generated definition spells out, without its index signature. */
type MethodName<Service extends ServiceType> = keyof {
  [Name in keyof Service['service'] as string extends Name ? never : Name]: true
} &
  string

/** Whether a method streams. Of the generated types only what the client's method returns tells it. */
type KindOf<InClient, Name> = Name extends keyof InClient
  ? InClient[Name] extends (...args: never[]) => infer Call
    ? Call extends ClientDuplexStream<infer _Request, infer _Response>
      ? 'bidi'
      : Call extends ClientWritableStream<infer _Request>
        ? 'client stream'
        : Call extends ClientReadableStream<infer _Response>
          ? 'server stream'
          : 'unary'
    : never
  : never
