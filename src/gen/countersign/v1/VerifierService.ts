// Original file: proto/countersign/v1/verifier.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { VerifierServiceStatusRequest as _countersign_v1_VerifierServiceStatusRequest, VerifierServiceStatusRequest__Output as _countersign_v1_VerifierServiceStatusRequest__Output } from '../../countersign/v1/VerifierServiceStatusRequest.ts';
import type { VerifierServiceStatusResponse as _countersign_v1_VerifierServiceStatusResponse, VerifierServiceStatusResponse__Output as _countersign_v1_VerifierServiceStatusResponse__Output } from '../../countersign/v1/VerifierServiceStatusResponse.ts';

/**
 * Tells operators what a service knows of what to trust. Served by every service that has a server.
 */
export interface VerifierServiceClient extends grpc.Client {
  /**
   * Answered also while nothing else is, since trust is too old.
   */
  Status(argument: _countersign_v1_VerifierServiceStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_VerifierServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _countersign_v1_VerifierServiceStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_countersign_v1_VerifierServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _countersign_v1_VerifierServiceStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_VerifierServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _countersign_v1_VerifierServiceStatusRequest, callback: grpc.requestCallback<_countersign_v1_VerifierServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Answered also while nothing else is, since trust is too old.
   */
  status(argument: _countersign_v1_VerifierServiceStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_VerifierServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _countersign_v1_VerifierServiceStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_countersign_v1_VerifierServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _countersign_v1_VerifierServiceStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_VerifierServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _countersign_v1_VerifierServiceStatusRequest, callback: grpc.requestCallback<_countersign_v1_VerifierServiceStatusResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Tells operators what a service knows of what to trust. Served by every service that has a server.
 */
export interface VerifierServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Answered also while nothing else is, since trust is too old.
   */
  Status: grpc.handleUnaryCall<_countersign_v1_VerifierServiceStatusRequest__Output, _countersign_v1_VerifierServiceStatusResponse>;
  
}

export interface VerifierServiceDefinition extends grpc.ServiceDefinition {
  Status: MethodDefinition<_countersign_v1_VerifierServiceStatusRequest, _countersign_v1_VerifierServiceStatusResponse, _countersign_v1_VerifierServiceStatusRequest__Output, _countersign_v1_VerifierServiceStatusResponse__Output>
}
