import type { Writable } from 'node:stream'
import {
  type CallCredentials,
  type ChannelInterface,
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerOptions,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type StatusObject,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import { type ListenerSetUp, type ListenerUnderTest, openListener } from './listener.ts'

/** Each kind of call, as bytes: without an interceptor, a rule or a proto. */
export const RAW_KINDS = ['unary', 'client stream', 'server stream', 'bidi'] as const
export type RawKind = (typeof RAW_KINDS)[number]

const asIs = (bytes: Buffer): Buffer => bytes
const plain = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs }
const service = {
  unary: { path: '/test.Raw/Unary', requestStream: false, responseStream: false, ...plain },
  clientStream: { path: '/test.Raw/ClientStream', requestStream: true, responseStream: false, ...plain },
  serverStream: { path: '/test.Raw/ServerStream', requestStream: false, responseStream: true, ...plain },
  bidi: { path: '/test.Raw/Bidi', requestStream: true, responseStream: true, ...plain },
} as const satisfies ServiceDefinition

export interface RawServer extends ListenerUnderTest {
  /** How many calls have reached their handler. */
  received(): number
  /** How many calls that are held the client has left, or lost. */
  cancelled(): number
  /** Answers the calls that are held. */
  release(): void
}

export interface RawServerSetUp extends ListenerSetUp {
  readonly options?: ServerOptions
}

/**
 * A server that answers each call with its request, behind a listener of ours. It holds a call whose request is
 * `hold`: a stream of responses has begun by then, other calls have got nothing.
 */
export async function openRawServer({ options, ...setUp }: RawServerSetUp): Promise<RawServer> {
  const held = new Set<() => void>()
  let received = 0
  let cancelled = 0

  function answer(request: Buffer, call: { on(event: 'cancelled', listener: () => void): unknown }, end: () => void) {
    received += 1
    if (String(request) !== 'hold') return end()
    held.add(end)
    call.on('cancelled', () => {
      held.delete(end)
      cancelled += 1
    })
  }

  const server = new Server(options)
  server.addService(service, {
    unary: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) =>
      answer(call.request, call, () => callback(null, call.request)),
    clientStream: (call: ServerReadableStream<Buffer, Buffer>, callback: sendUnaryData<Buffer>) =>
      call.once('data', (request: Buffer) => answer(request, call, () => callback(null, request))),
    serverStream: (call: ServerWritableStream<Buffer, Buffer>) => {
      call.write(call.request)
      answer(call.request, call, () => call.end())
    },
    bidi: (call: ServerDuplexStream<Buffer, Buffer>) =>
      call.once('data', (request: Buffer) => {
        call.write(request)
        answer(request, call, () => call.end())
      }),
  })
  onTestFinished(() => server.forceShutdown())
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  return {
    ...(await openListener({ ...setUp, accept: (socket) => injector.injectConnection(socket) })),
    received: () => received,
    cancelled: () => cancelled,
    release() {
      for (const end of held) end()
      held.clear()
    },
  }
}

/** What a call came to. */
export interface RawOutcome {
  readonly status: string
  readonly details: string
  readonly answers: readonly string[]
}

export interface RawCall {
  readonly credentials?: CallCredentials
}

export interface StartedRawCall {
  readonly outcome: Promise<RawOutcome>
  cancel(): void
}

/** Makes a call of any kind with a client of stock grpc-js. */
export function startRaw(
  channel: ChannelInterface,
  kind: RawKind,
  text = 'hello',
  options: RawCall = {},
): StartedRawCall {
  const client = new Client('unused', credentials.createInsecure(), { channelOverride: channel })
  const request = Buffer.from(text)
  const answers: string[] = []
  const keep = (_: unknown, answer?: Buffer) => void (answer !== undefined && answers.push(String(answer)))
  const send = <Stream extends Pick<Writable, 'end'>>(stream: Stream): Stream => {
    stream.end(request)
    return stream
  }
  const started = {
    unary: () => client.makeUnaryRequest(service.unary.path, asIs, asIs, request, options, keep),
    'client stream': () => send(client.makeClientStreamRequest(service.clientStream.path, asIs, asIs, options, keep)),
    'server stream': () => client.makeServerStreamRequest(service.serverStream.path, asIs, asIs, request, options),
    bidi: () => send(client.makeBidiStreamRequest(service.bidi.path, asIs, asIs, options)),
  }[kind]()

  started.on('error', () => {}) // the status says the same
  started.on('data', (answer: Buffer) => answers.push(String(answer)))
  const outcome = new Promise<RawOutcome>((resolve) => {
    started.on('status', ({ code, details }: StatusObject) => {
      resolve({ status: status[code] ?? '', details, answers })
    })
  })
  return { outcome, cancel: () => started.cancel() }
}

export function callRaw(channel: ChannelInterface, kind: RawKind, options: RawCall = {}): Promise<RawOutcome> {
  return startRaw(channel, kind, 'hello', options).outcome
}
