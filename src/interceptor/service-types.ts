import type {
  Client,
  ClientDuplexStream,
  ClientReadableStream,
  ClientWritableStream,
  ServerUnaryCall,
  ServerWritableStream,
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

/** Answers one request with one response. */
export type UnaryHandler<Request, Response> = (call: ServerUnaryCall<Request, Response>) => Promise<Response>

/** Answers one request with a stream of responses, until `cancelled` aborts: nobody listens any more. */
export type ServerStreamHandler<Request, Response> = (
  call: ServerWritableStream<Request, Response>,
  cancelled: AbortSignal,
) => AsyncIterable<Response>

/** A client of a service's unary methods, under their names in lower camel case. */
export type PromiseClient<Service extends ServiceType, Options> = {
  readonly [Name in MethodName<Service> as KindOf<InstanceType<Service>, Name> extends 'unary'
    ? Uncapitalize<Name>
    : never]: UnaryMethod<Service['service'][Name], Options>
}

type UnaryMethod<Method, Options> = Method extends Sends<infer Request> & {
  responseDeserialize: (bytes: Buffer) => infer Response
}
  ? (request: Request, options?: Options) => Promise<Response>
  : never

type Sends<Request> = { requestSerialize: (value: Request) => Buffer }

type Receives<Request> = { requestDeserialize: (bytes: Buffer) => Request }

type Handler<Method, Kind> = Method extends Receives<infer Request> & {
  responseSerialize: (value: infer Response) => Buffer
}
  ? Kind extends 'unary'
    ? UnaryHandler<Request, Response>
    : Kind extends 'server stream'
      ? ServerStreamHandler<Request, Response>
      : never
  : never

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
