// Original file: examples/shop/proto/shop/v1/shop.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CheckoutRequest as _shop_v1_CheckoutRequest, CheckoutRequest__Output as _shop_v1_CheckoutRequest__Output } from '../../shop/v1/CheckoutRequest.ts';
import type { CheckoutResponse as _shop_v1_CheckoutResponse, CheckoutResponse__Output as _shop_v1_CheckoutResponse__Output } from '../../shop/v1/CheckoutResponse.ts';

export interface StorefrontClient extends grpc.Client {
  Checkout(argument: _shop_v1_CheckoutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_CheckoutResponse__Output>): grpc.ClientUnaryCall;
  Checkout(argument: _shop_v1_CheckoutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_v1_CheckoutResponse__Output>): grpc.ClientUnaryCall;
  Checkout(argument: _shop_v1_CheckoutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_CheckoutResponse__Output>): grpc.ClientUnaryCall;
  Checkout(argument: _shop_v1_CheckoutRequest, callback: grpc.requestCallback<_shop_v1_CheckoutResponse__Output>): grpc.ClientUnaryCall;
  checkout(argument: _shop_v1_CheckoutRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_CheckoutResponse__Output>): grpc.ClientUnaryCall;
  checkout(argument: _shop_v1_CheckoutRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_shop_v1_CheckoutResponse__Output>): grpc.ClientUnaryCall;
  checkout(argument: _shop_v1_CheckoutRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_shop_v1_CheckoutResponse__Output>): grpc.ClientUnaryCall;
  checkout(argument: _shop_v1_CheckoutRequest, callback: grpc.requestCallback<_shop_v1_CheckoutResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface StorefrontHandlers extends grpc.UntypedServiceImplementation {
  Checkout: grpc.handleUnaryCall<_shop_v1_CheckoutRequest__Output, _shop_v1_CheckoutResponse>;
  
}

export interface StorefrontDefinition extends grpc.ServiceDefinition {
  Checkout: MethodDefinition<_shop_v1_CheckoutRequest, _shop_v1_CheckoutResponse, _shop_v1_CheckoutRequest__Output, _shop_v1_CheckoutResponse__Output>
}
