// Original file: proto/countersign/v1/trust.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { RevokeRequest as _countersign_v1_RevokeRequest, RevokeRequest__Output as _countersign_v1_RevokeRequest__Output } from '../../countersign/v1/RevokeRequest.ts';
import type { RevokeResponse as _countersign_v1_RevokeResponse, RevokeResponse__Output as _countersign_v1_RevokeResponse__Output } from '../../countersign/v1/RevokeResponse.ts';
import type { TrustServiceStatusRequest as _countersign_v1_TrustServiceStatusRequest, TrustServiceStatusRequest__Output as _countersign_v1_TrustServiceStatusRequest__Output } from '../../countersign/v1/TrustServiceStatusRequest.ts';
import type { TrustServiceStatusResponse as _countersign_v1_TrustServiceStatusResponse, TrustServiceStatusResponse__Output as _countersign_v1_TrustServiceStatusResponse__Output } from '../../countersign/v1/TrustServiceStatusResponse.ts';
import type { WatchRequest as _countersign_v1_WatchRequest, WatchRequest__Output as _countersign_v1_WatchRequest__Output } from '../../countersign/v1/WatchRequest.ts';
import type { WatchResponse as _countersign_v1_WatchResponse, WatchResponse__Output as _countersign_v1_WatchResponse__Output } from '../../countersign/v1/WatchResponse.ts';

/**
 * Tells verifiers what to trust, and takes back what was issued. Served by the authority.
 */
export interface TrustServiceClient extends grpc.Client {
  /**
   * Revokes something, for good. It is on disk once this is answered.
   */
  Revoke(argument: _countersign_v1_RevokeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_RevokeResponse__Output>): grpc.ClientUnaryCall;
  Revoke(argument: _countersign_v1_RevokeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_countersign_v1_RevokeResponse__Output>): grpc.ClientUnaryCall;
  Revoke(argument: _countersign_v1_RevokeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_RevokeResponse__Output>): grpc.ClientUnaryCall;
  Revoke(argument: _countersign_v1_RevokeRequest, callback: grpc.requestCallback<_countersign_v1_RevokeResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Revokes something, for good. It is on disk once this is answered.
   */
  revoke(argument: _countersign_v1_RevokeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_RevokeResponse__Output>): grpc.ClientUnaryCall;
  revoke(argument: _countersign_v1_RevokeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_countersign_v1_RevokeResponse__Output>): grpc.ClientUnaryCall;
  revoke(argument: _countersign_v1_RevokeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_RevokeResponse__Output>): grpc.ClientUnaryCall;
  revoke(argument: _countersign_v1_RevokeRequest, callback: grpc.requestCallback<_countersign_v1_RevokeResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What this authority publishes, and to whom.
   */
  Status(argument: _countersign_v1_TrustServiceStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_TrustServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _countersign_v1_TrustServiceStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_countersign_v1_TrustServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _countersign_v1_TrustServiceStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_TrustServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _countersign_v1_TrustServiceStatusRequest, callback: grpc.requestCallback<_countersign_v1_TrustServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What this authority publishes, and to whom.
   */
  status(argument: _countersign_v1_TrustServiceStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_TrustServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _countersign_v1_TrustServiceStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_countersign_v1_TrustServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _countersign_v1_TrustServiceStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_TrustServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _countersign_v1_TrustServiceStatusRequest, callback: grpc.requestCallback<_countersign_v1_TrustServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * All that a verifier needs, then each change as it comes, and heartbeats, for as long as the call is open.
   * A heartbeat comes first, so that the caller can tell how long messages take.
   */
  Watch(argument: _countersign_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_countersign_v1_WatchResponse__Output>;
  Watch(argument: _countersign_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_countersign_v1_WatchResponse__Output>;
  /**
   * All that a verifier needs, then each change as it comes, and heartbeats, for as long as the call is open.
   * A heartbeat comes first, so that the caller can tell how long messages take.
   */
  watch(argument: _countersign_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_countersign_v1_WatchResponse__Output>;
  watch(argument: _countersign_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_countersign_v1_WatchResponse__Output>;
  
}

/**
 * Tells verifiers what to trust, and takes back what was issued. Served by the authority.
 */
export interface TrustServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Revokes something, for good. It is on disk once this is answered.
   */
  Revoke: grpc.handleUnaryCall<_countersign_v1_RevokeRequest__Output, _countersign_v1_RevokeResponse>;
  
  /**
   * What this authority publishes, and to whom.
   */
  Status: grpc.handleUnaryCall<_countersign_v1_TrustServiceStatusRequest__Output, _countersign_v1_TrustServiceStatusResponse>;
  
  /**
   * All that a verifier needs, then each change as it comes, and heartbeats, for as long as the call is open.
   * A heartbeat comes first, so that the caller can tell how long messages take.
   */
  Watch: grpc.handleServerStreamingCall<_countersign_v1_WatchRequest__Output, _countersign_v1_WatchResponse>;
  
}

export interface TrustServiceDefinition extends grpc.ServiceDefinition {
  Revoke: MethodDefinition<_countersign_v1_RevokeRequest, _countersign_v1_RevokeResponse, _countersign_v1_RevokeRequest__Output, _countersign_v1_RevokeResponse__Output>
  Status: MethodDefinition<_countersign_v1_TrustServiceStatusRequest, _countersign_v1_TrustServiceStatusResponse, _countersign_v1_TrustServiceStatusRequest__Output, _countersign_v1_TrustServiceStatusResponse__Output>
  Watch: MethodDefinition<_countersign_v1_WatchRequest, _countersign_v1_WatchResponse, _countersign_v1_WatchRequest__Output, _countersign_v1_WatchResponse__Output>
}
