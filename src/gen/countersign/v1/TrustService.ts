// Original file: proto/countersign/v1/trust.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { WatchRequest as _countersign_v1_WatchRequest, WatchRequest__Output as _countersign_v1_WatchRequest__Output } from '../../countersign/v1/WatchRequest.ts';
import type { WatchResponse as _countersign_v1_WatchResponse, WatchResponse__Output as _countersign_v1_WatchResponse__Output } from '../../countersign/v1/WatchResponse.ts';

/**
 * Tells verifiers what to trust. Served by the authority.
 */
export interface TrustServiceClient extends grpc.Client {
  /**
   * The present state at once, then each change, for as long as the call is open.
   */
  Watch(argument: _countersign_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_countersign_v1_WatchResponse__Output>;
  Watch(argument: _countersign_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_countersign_v1_WatchResponse__Output>;
  /**
   * The present state at once, then each change, for as long as the call is open.
   */
  watch(argument: _countersign_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_countersign_v1_WatchResponse__Output>;
  watch(argument: _countersign_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_countersign_v1_WatchResponse__Output>;
  
}

/**
 * Tells verifiers what to trust. Served by the authority.
 */
export interface TrustServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * The present state at once, then each change, for as long as the call is open.
   */
  Watch: grpc.handleServerStreamingCall<_countersign_v1_WatchRequest__Output, _countersign_v1_WatchResponse>;
  
}

export interface TrustServiceDefinition extends grpc.ServiceDefinition {
  Watch: MethodDefinition<_countersign_v1_WatchRequest, _countersign_v1_WatchResponse, _countersign_v1_WatchRequest__Output, _countersign_v1_WatchResponse__Output>
}
