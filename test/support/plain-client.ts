import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  type ClientReadableStream,
  Metadata,
  type MetadataValue,
  type StatusObject,
  status,
} from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import { decodeRefusal } from '../../src/transport/status.ts'
import { type Order, type Receipt, Warehouse } from './warehouse.ts'

/** How a call ended. */
export interface Ending {
  readonly status: string
  readonly details: string
  readonly reason: string | undefined
  readonly decisionId: string | undefined
}

export interface PlainCall {
  readonly method?: string
  readonly request?: Order
  /** In their order; a name may stand twice. */
  readonly metadata?: readonly (readonly [name: string, value: MetadataValue])[]
  readonly options?: CallOptions
}

/** A unary call of a warehouse with stock grpc-js: what it carries is the test's own. */
export function callPlainly(address: string, channel: ChannelCredentials, call: PlainCall = {}): Promise<Ending> {
  const { method = '/warehouse.v1.Warehouse/Pick', request = {}, metadata = [], options = {} } = call
  const { requestSerialize, responseDeserialize } = Warehouse.service.Pick
  const client = new Client(address, channel, { 'grpc.use_local_subchannel_pool': 1 })
  onTestFinished(() => client.close())
  return new Promise((resolve) => {
    client
      .makeUnaryRequest<Order, Receipt>(
        method,
        requestSerialize,
        responseDeserialize,
        request,
        metadataOf(metadata),
        { deadline: Date.now() + 5_000, ...options },
        () => {},
      )
      .on('status', (ended: StatusObject) => resolve(endingOf(ended)))
  })
}

/** A stream's messages as they come, and how it ends. */
export function receive<Message>(stream: ClientReadableStream<Message>) {
  const messages: Message[] = []
  stream.on('data', (message: Message) => messages.push(message))
  stream.on('error', () => {})
  const ended = new Promise<StatusObject>((resolve) => stream.on('status', resolve)).then(endingOf)
  return { messages, ended, cancel: () => stream.cancel() }
}

export function endingOf({ code, details, metadata }: StatusObject): Ending {
  const refusal = decodeRefusal(metadata)
  return { status: status[code] ?? '', details, reason: refusal?.code, decisionId: refusal?.decisionId }
}

function metadataOf(entries: readonly (readonly [name: string, value: MetadataValue])[]): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of entries) metadata.add(name, value)
  return metadata
}
