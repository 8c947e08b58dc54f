// Original file: examples/plain/prices.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { LookupRequest as _prices_v1_LookupRequest, LookupRequest__Output as _prices_v1_LookupRequest__Output } from '../../prices/v1/LookupRequest.ts';
import type { LookupResponse as _prices_v1_LookupResponse, LookupResponse__Output as _prices_v1_LookupResponse__Output } from '../../prices/v1/LookupResponse.ts';

export interface PricesClient extends grpc.Client {
  Lookup(argument: _prices_v1_LookupRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_prices_v1_LookupResponse__Output>): grpc.ClientUnaryCall;
  Lookup(argument: _prices_v1_LookupRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_prices_v1_LookupResponse__Output>): grpc.ClientUnaryCall;
  Lookup(argument: _prices_v1_LookupRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_prices_v1_LookupResponse__Output>): grpc.ClientUnaryCall;
  Lookup(argument: _prices_v1_LookupRequest, callback: grpc.requestCallback<_prices_v1_LookupResponse__Output>): grpc.ClientUnaryCall;
  lookup(argument: _prices_v1_LookupRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_prices_v1_LookupResponse__Output>): grpc.ClientUnaryCall;
  lookup(argument: _prices_v1_LookupRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_prices_v1_LookupResponse__Output>): grpc.ClientUnaryCall;
  lookup(argument: _prices_v1_LookupRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_prices_v1_LookupResponse__Output>): grpc.ClientUnaryCall;
  lookup(argument: _prices_v1_LookupRequest, callback: grpc.requestCallback<_prices_v1_LookupResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface PricesHandlers extends grpc.UntypedServiceImplementation {
  Lookup: grpc.handleUnaryCall<_prices_v1_LookupRequest__Output, _prices_v1_LookupResponse>;
  
}

export interface PricesDefinition extends grpc.ServiceDefinition {
  Lookup: MethodDefinition<_prices_v1_LookupRequest, _prices_v1_LookupResponse, _prices_v1_LookupRequest__Output, _prices_v1_LookupResponse__Output>
}
