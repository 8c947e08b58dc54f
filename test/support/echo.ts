import {
  type CallCredentials,
  type ChannelInterface,
  Client,
  credentials,
  type MetadataValue,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import type { VerifiedPeer } from '../../src/identity/verified-peer.ts'
import { peerOf } from '../../src/transport/peers.ts'
import { TOKEN_KEY } from '../../src/transport/token-metadata.ts'
import { type ListenerSetUp, type ListenerUnderTest, openListener } from './listener.ts'

const asIs = (bytes: Buffer): Buffer => bytes
const plain = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs }
const path = '/test.Echo/Echo'
const service: ServiceDefinition = { echo: { path, requestStream: false, responseStream: false, ...plain } }

/** A call as its handler sees it. */
export interface ReceivedCall {
  readonly token: readonly MetadataValue[]
  readonly peer: VerifiedPeer | undefined
  readonly context: object | undefined
}

export interface EchoServer extends ListenerUnderTest {
  readonly calls: readonly ReceivedCall[]
}

/** A gRPC server that answers each call with its own message, and has no interceptor. */
export function createEcho(): { readonly server: Server; readonly calls: readonly ReceivedCall[] } {
  const calls: ReceivedCall[] = []
  const server = new Server()
  server.addService(service, {
    echo: (call: ServerUnaryCall<Buffer, Buffer>, callback: (error: null, answer: Buffer) => void) => {
      const context = call.getAuthContext().sslPeerCertificate
      calls.push({ token: call.metadata.get(TOKEN_KEY), peer: peerOf(call), context })
      callback(null, call.request)
    },
  })
  onTestFinished(() => server.forceShutdown())
  return { server, calls }
}

/** An echo behind a listener of ours. */
export async function openEcho(setUp: ListenerSetUp): Promise<EchoServer> {
  const { server, calls } = createEcho()
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  return { calls, ...(await openListener({ ...setUp, accept: (socket) => injector.injectConnection(socket) })) }
}

/** What a call came to: its answer, or the status that it failed with. */
export type Outcome = { readonly answer: string } | { readonly code: number; readonly details: string }

/** Makes one call over a channel. */
export function callEcho(channel: ChannelInterface, callCredentials?: CallCredentials): Promise<Outcome> {
  const client = new Client('unused', credentials.createInsecure(), { channelOverride: channel })
  const options = callCredentials === undefined ? {} : { credentials: callCredentials }
  return new Promise((resolve) => {
    const answered = (error: ServiceError | null, answer?: Buffer) =>
      resolve(error === null ? { answer: String(answer) } : { code: error.code, details: error.details })
    client.makeUnaryRequest(
      path,
      asIs,
      asIs,
      Buffer.from('hello'),
      { ...options, deadline: Date.now() + 2000 },
      answered,
    )
  })
}
