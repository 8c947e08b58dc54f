// Original file: examples/shop/proto/shop/v1/shop.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ReserveRequest as _shop_v1_ReserveRequest, ReserveRequest__Output as _shop_v1_ReserveRequest__Output } from '../../shop/v1/ReserveRequest.ts';
import type { ReserveResponse as _shop_v1_ReserveResponse, ReserveResponse__Output as _shop_v1_ReserveResponse__Output } from '../../shop/v1/ReserveResponse.ts';
import type { RestockRequest as _shop_v1_RestockRequest, RestockRequest__Output as _shop_v1_RestockRequest__Output } from '../../shop/v1/RestockRequest.ts';
import type { RestockResponse as _shop_v1_RestockResponse, RestockResponse__Output as _shop_v1_RestockResponse__Output } from '../../shop/v1/RestockResponse.ts';
import type { WatchRequest as _shop_v1_WatchRequest, WatchRequest__Output as _shop_v1_WatchRequest__Output } from '../../shop/v1/WatchRequest.ts';
import type { WatchResponse as _shop_v1_WatchResponse, WatchResponse__Output as _shop_v1_WatchResponse__Output } from '../../shop/v1/WatchResponse.ts';

export interface InventoryClient extends grpc.Client {
  Reserve(argument: _shop_v1_ReserveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  Reserve(argument: _shop_v1_ReserveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  Reserve(argument: _shop_v1_ReserveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  Reserve(argument: _shop_v1_ReserveRequest, callback: grpc.requestCallback<_shop_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  reserve(argument: _shop_v1_ReserveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  reserve(argument: _shop_v1_ReserveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  reserve(argument: _shop_v1_ReserveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  reserve(argument: _shop_v1_ReserveRequest, callback: grpc.requestCallback<_shop_v1_ReserveResponse__Output>): grpc.ClientUnaryCall;
  
  Restock(argument: _shop_v1_RestockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_RestockResponse__Output>): grpc.ClientUnaryCall;
  Restock(argument: _shop_v1_RestockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_v1_RestockResponse__Output>): grpc.ClientUnaryCall;
  Restock(argument: _shop_v1_RestockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_RestockResponse__Output>): grpc.ClientUnaryCall;
  Restock(argument: _shop_v1_RestockRequest, callback: grpc.requestCallback<_shop_v1_RestockResponse__Output>): grpc.ClientUnaryCall;
  restock(argument: _shop_v1_RestockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_RestockResponse__Output>): grpc.ClientUnaryCall;
  restock(argument: _shop_v1_RestockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_v1_RestockResponse__Output>): grpc.ClientUnaryCall;
  restock(argument: _shop_v1_RestockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_RestockResponse__Output>): grpc.ClientUnaryCall;
  restock(argument: _shop_v1_RestockRequest, callback: grpc.requestCallback<_shop_v1_RestockResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Tells what is in stock, and then each change.
   */
  Watch(argument: _shop_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_shop_v1_WatchResponse__Output>;
  Watch(argument: _shop_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_shop_v1_WatchResponse__Output>;
  /**
   * Tells what is in stock, and then each change.
   */
  watch(argument: _shop_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_shop_v1_WatchResponse__Output>;
  watch(argument: _shop_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_shop_v1_WatchResponse__Output>;
  
}

export interface InventoryHandlers extends grpc.UntypedServiceImplementation {
  Reserve: grpc.handleUnaryCall<_shop_v1_ReserveRequest__Output, _shop_v1_ReserveResponse>;
  
  Restock: grpc.handleUnaryCall<_shop_v1_RestockRequest__Output, _shop_v1_RestockResponse>;
  
  /**
   * Tells what is in stock, and then each change.
   */
  Watch: grpc.handleServerStreamingCall<_shop_v1_WatchRequest__Output, _shop_v1_WatchResponse>;
  
}

export interface InventoryDefinition extends grpc.ServiceDefinition {
  Reserve: MethodDefinition<_shop_v1_ReserveRequest, _shop_v1_ReserveResponse, _shop_v1_ReserveRequest__Output, _shop_v1_ReserveResponse__Output>
  Restock: MethodDefinition<_shop_v1_RestockRequest, _shop_v1_RestockResponse, _shop_v1_RestockRequest__Output, _shop_v1_RestockResponse__Output>
  Watch: MethodDefinition<_shop_v1_WatchRequest, _shop_v1_WatchResponse, _shop_v1_WatchRequest__Output, _shop_v1_WatchResponse__Output>
}
