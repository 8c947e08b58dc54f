// Original file: examples/shop/proto/shop/v1/shop.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { PlaceRequest as _shop_v1_PlaceRequest, PlaceRequest__Output as _shop_v1_PlaceRequest__Output } from '../../shop/v1/PlaceRequest.ts';
import type { PlaceResponse as _shop_v1_PlaceResponse, PlaceResponse__Output as _shop_v1_PlaceResponse__Output } from '../../shop/v1/PlaceResponse.ts';

export interface OrdersClient extends grpc.Client {
  Place(argument: _shop_v1_PlaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_PlaceResponse__Output>): grpc.ClientUnaryCall;
  Place(argument: _shop_v1_PlaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_v1_PlaceResponse__Output>): grpc.ClientUnaryCall;
  Place(argument: _shop_v1_PlaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_PlaceResponse__Output>): grpc.ClientUnaryCall;
  Place(argument: _shop_v1_PlaceRequest, callback: grpc.requestCallback<_shop_v1_PlaceResponse__Output>): grpc.ClientUnaryCall;
  place(argument: _shop_v1_PlaceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_PlaceResponse__Output>): grpc.ClientUnaryCall;
  place(argument: _shop_v1_PlaceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_v1_PlaceResponse__Output>): grpc.ClientUnaryCall;
  place(argument: _shop_v1_PlaceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_PlaceResponse__Output>): grpc.ClientUnaryCall;
  place(argument: _shop_v1_PlaceRequest, callback: grpc.requestCallback<_shop_v1_PlaceResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface OrdersHandlers extends grpc.UntypedServiceImplementation {
  Place: grpc.handleUnaryCall<_shop_v1_PlaceRequest__Output, _shop_v1_PlaceResponse>;
  
}

export interface OrdersDefinition extends grpc.ServiceDefinition {
  Place: MethodDefinition<_shop_v1_PlaceRequest, _shop_v1_PlaceResponse, _shop_v1_PlaceRequest__Output, _shop_v1_PlaceResponse__Output>
}
