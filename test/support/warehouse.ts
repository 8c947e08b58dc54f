import type {
  CallOptions,
  Client,
  ClientDuplexStream,
  ClientReadableStream,
  ClientUnaryCall,
  ClientWritableStream,
  Metadata,
  MethodDefinition,
  requestCallback,
  ServiceDefinition,
} from '@grpc/grpc-js'
import type { Handlers } from '../../src/interceptor/service-types.ts'
import { loadProtos } from '../../src/transport/protos.ts'

export interface Order {
  readonly sku?: string
  readonly filling?: Uint8Array
}

export interface Receipt {
  readonly note?: string
  readonly filling?: Uint8Array
}

type Unary = (
  request: Order,
  metadata: Metadata,
  options: CallOptions,
  callback: requestCallback<Receipt>,
) => ClientUnaryCall
type ClientStream = (
  metadata: Metadata,
  options: CallOptions,
  callback: requestCallback<Receipt>,
) => ClientWritableStream<Order>
type ServerStream = (request: Order, metadata?: Metadata, options?: CallOptions) => ClientReadableStream<Receipt>
type Bidi = (metadata?: Metadata, options?: CallOptions) => ClientDuplexStream<Order, Receipt>

interface WarehouseClient {
  readonly Pick: Unary
  readonly Ship: Unary
  readonly Store: ClientStream
  readonly Follow: ServerStream
  readonly Exchange: Bidi
  readonly Count: Unary
  readonly CountAll: ClientStream
  readonly CountOn: ServerStream
  readonly CountAlong: Bidi
}

interface UnruledClient {
  readonly First: Unary
  readonly Second: ServerStream
}

interface ServiceOf<InClient> {
  new (...args: ConstructorParameters<typeof Client>): Client & InClient
  readonly service: { readonly [Name in keyof InClient]: MethodDefinition<Order, Receipt> } & ServiceDefinition
}

interface Protos {
  readonly warehouse: {
    readonly v1: { readonly Warehouse: ServiceOf<WarehouseClient>; readonly Unruled: ServiceOf<UnruledClient> }
  }
}

/** A service with a method for each kind of call and of rule, and one without rules. */
export const { Warehouse, Unruled } = loadProtos<Protos>(['warehouse/v1/warehouse.proto'], {
  directories: [new URL('./proto', import.meta.url)],
}).warehouse.v1

export type WarehouseHandlers = Handlers<typeof Warehouse>

/** Handlers that answer with the name of their method, once they have read what they are sent. */
export const plainHandlers: WarehouseHandlers = {
  pick: async () => ({ note: 'picked' }),
  ship: async () => ({ note: 'shipped' }),
  async store(call) {
    for await (const _ of call);
    return { note: 'stored' }
  },
  async *follow() {
    yield { note: 'followed' }
  },
  async *exchange(call) {
    for await (const _ of call) yield { note: 'exchanged' }
  },
  count: async () => ({ note: 'counted' }),
  async countAll(call) {
    for await (const _ of call);
    return { note: 'counted all' }
  },
  async *countOn() {
    yield { note: 'counted on' }
  },
  async *countAlong(call) {
    for await (const _ of call) yield { note: 'counted along' }
  },
}
