import {
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { describe, expectTypeOf, test } from 'vitest'
import type { OrdersHandlers } from '../../examples/shop/gen/shop/v1/Orders.ts'
import type { PlaceResponse__Output } from '../../examples/shop/gen/shop/v1/PlaceResponse.ts'
import type { ProtoGrpcType } from '../../examples/shop/gen/shop.ts'
import type { ClientCallOptions } from '../../src/interceptor/call-options.ts'
import type { MeshServer } from '../../src/interceptor/mesh-server.ts'
import type { RequestStreamCall } from '../../src/interceptor/service-types.ts'
import type { Workload } from '../../src/workload/workload.ts'
import type { WarehouseServiceClient } from '../support/call-kinds.ts'
import {
  type Order,
  plainHandlers,
  type Receipt,
  type Warehouse,
  type WarehouseHandlers,
} from '../support/warehouse.ts'

// `npm run check` compares these types: the functions below are never called.
type Orders = ProtoGrpcType['shop']['v1']['Orders']
type Part<Service extends keyof WarehouseServiceClient> = WarehouseServiceClient[Service]

describe('the types of a service client', () => {
  test('have each method, of its kind', () => {
    type Requests = Iterable<Order> | AsyncIterable<Order>
    expectTypeOf<Part<'pick'>>().toEqualTypeOf<(request: Order, options?: ClientCallOptions) => Promise<Receipt>>()
    expectTypeOf<Part<'store'>>().toEqualTypeOf<(requests: Requests, options?: ClientCallOptions) => Promise<Receipt>>()
    expectTypeOf<Part<'follow'>>().toEqualTypeOf<
      (request: Order, options?: ClientCallOptions) => AsyncIterable<Receipt>
    >()
    expectTypeOf<Part<'exchange'>>().toEqualTypeOf<
      (requests: Requests, options?: ClientCallOptions) => AsyncIterable<Receipt>
    >()
  })
})

describe('the types of handlers', () => {
  test('have each method, of its kind, and tell it of cancellation', () => {
    expectTypeOf<Parameters<WarehouseHandlers['store']>>().toEqualTypeOf<[RequestStreamCall<Order>, AbortSignal]>()
    expectTypeOf<Parameters<WarehouseHandlers['exchange']>>().toEqualTypeOf<[RequestStreamCall<Order>, AbortSignal]>()
    expectTypeOf<ReturnType<WarehouseHandlers['pick']>>().toEqualTypeOf<Promise<Receipt>>()
    expectTypeOf<ReturnType<WarehouseHandlers['store']>>().toEqualTypeOf<Promise<Receipt>>()
    expectTypeOf<ReturnType<WarehouseHandlers['follow']>>().toEqualTypeOf<AsyncIterable<Receipt>>()
    expectTypeOf<ReturnType<WarehouseHandlers['exchange']>>().toEqualTypeOf<AsyncIterable<Receipt>>()
  })

  test('do without none, and take no other answer', () => {
    const { pick: _, ...lacking } = plainHandlers
    const add = (server: MeshServer, warehouse: typeof Warehouse) => {
      server.addService(warehouse, plainHandlers)
      // @ts-expect-error: a handler is missing
      server.addService(warehouse, lacking)
      // @ts-expect-error: a note is a text
      server.addService(warehouse, { ...lacking, pick: async () => ({ note: 5 }) })
      // @ts-expect-error: not a stream
      server.addService(warehouse, { ...plainHandlers, follow: async () => ({}) })
    }
    expectTypeOf(add).toBeFunction()
  })
})

describe('a service that is written for grpc-js', () => {
  test('is added with the types that are generated for it', () => {
    const handlers: OrdersHandlers = {
      Place: (_, callback) => callback({ code: status.UNIMPLEMENTED, details: 'Not yet.' }),
    }
    const add = (server: MeshServer, orders: Orders) => server.addService(orders.service, handlers)
    expectTypeOf(add).returns.toBeVoid()
  })

  test('is added, and called, without any', () => {
    const use = (server: MeshServer, workload: Workload, definition: ServiceDefinition) => {
      server.addService(definition, {
        Place: (call: ServerUnaryCall<object, object>, callback: sendUnaryData<object>) => callback(null, call.request),
      })
      return workload.createCallbackClient({} as ServiceClientConstructor, 'orders', 'localhost:1')
    }
    expectTypeOf(use).returns.toEqualTypeOf<InstanceType<ServiceClientConstructor>>()
  })

  test('is called by the client that is generated for it', () => {
    const use = (workload: Workload, orders: Orders) => {
      const client = workload.createCallbackClient(orders, 'orders', 'localhost:1')
      client.place({ sku: 'tea' }, (_, response) => {
        expectTypeOf(response).toEqualTypeOf<PlaceResponse__Output | undefined>()
      })
      return client
    }
    expectTypeOf(use).returns.toEqualTypeOf<InstanceType<Orders>>()
  })
})
