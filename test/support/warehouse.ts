import type {
  CallOptions,
  Client,
  ClientReadableStream,
  ClientUnaryCall,
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
type ServerStream = (request: Order, metadata?: Metadata, options?: CallOptions) => ClientReadableStream<Receipt>
type Method = MethodDefinition<Order, Receipt>

interface ServiceOf<InClient, Definition> {
  new (...args: ConstructorParameters<typeof Client>): Client & InClient
  readonly service: Definition & ServiceDefinition
}

interface WarehouseClient {
  readonly Pick: Unary
  readonly Ship: Unary
  readonly Count: Unary
  readonly Follow: ServerStream
}

interface Protos {
  readonly warehouse: {
    readonly v1: {
      readonly Warehouse: ServiceOf<
        WarehouseClient,
        { readonly Pick: Method; readonly Ship: Method; readonly Count: Method; readonly Follow: Method }
      >
      readonly Unruled: ServiceOf<
        { readonly First: Unary; readonly Second: ServerStream },
        { readonly First: Method; readonly Second: Method }
      >
      readonly Intake: ServiceOf<object, { readonly Store: Method }>
    }
  }
}

/** Services with a method for each kind of rule and of call, one without rules, one that streams requests. */
export const { Warehouse, Unruled, Intake } = loadProtos<Protos>(['warehouse/v1/warehouse.proto'], {
  directories: [new URL('./proto', import.meta.url)],
}).warehouse.v1

export type WarehouseHandlers = Handlers<typeof Warehouse>

/** Handlers that answer with the name of their method. */
export const plainHandlers: WarehouseHandlers = {
  pick: async () => ({ note: 'picked' }),
  ship: async () => ({ note: 'shipped' }),
  count: async () => ({ note: 'counted' }),
  async *follow() {
    yield { note: 'followed' }
  },
}
