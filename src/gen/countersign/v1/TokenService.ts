// Original file: proto/countersign/v1/token.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { IssueTokenRequest as _countersign_v1_IssueTokenRequest, IssueTokenRequest__Output as _countersign_v1_IssueTokenRequest__Output } from '../../countersign/v1/IssueTokenRequest.ts';
import type { IssueTokenResponse as _countersign_v1_IssueTokenResponse, IssueTokenResponse__Output as _countersign_v1_IssueTokenResponse__Output } from '../../countersign/v1/IssueTokenResponse.ts';

/**
 * Issues tokens. Served by the authority.
 */
export interface TokenServiceClient extends grpc.Client {
  /**
   * Issues a token to the caller, for one service, bound to the certificate of the connection.
   */
  IssueToken(argument: _countersign_v1_IssueTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_IssueTokenResponse__Output>): grpc.ClientUnaryCall;
  IssueToken(argument: _countersign_v1_IssueTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_countersign_v1_IssueTokenResponse__Output>): grpc.ClientUnaryCall;
  IssueToken(argument: _countersign_v1_IssueTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_IssueTokenResponse__Output>): grpc.ClientUnaryCall;
  IssueToken(argument: _countersign_v1_IssueTokenRequest, callback: grpc.requestCallback<_countersign_v1_IssueTokenResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Issues a token to the caller, for one service, bound to the certificate of the connection.
   */
  issueToken(argument: _countersign_v1_IssueTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_IssueTokenResponse__Output>): grpc.ClientUnaryCall;
  issueToken(argument: _countersign_v1_IssueTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_countersign_v1_IssueTokenResponse__Output>): grpc.ClientUnaryCall;
  issueToken(argument: _countersign_v1_IssueTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_countersign_v1_IssueTokenResponse__Output>): grpc.ClientUnaryCall;
  issueToken(argument: _countersign_v1_IssueTokenRequest, callback: grpc.requestCallback<_countersign_v1_IssueTokenResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Issues tokens. Served by the authority.
 */
export interface TokenServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Issues a token to the caller, for one service, bound to the certificate of the connection.
   */
  IssueToken: grpc.handleUnaryCall<_countersign_v1_IssueTokenRequest__Output, _countersign_v1_IssueTokenResponse>;
  
}

export interface TokenServiceDefinition extends grpc.ServiceDefinition {
  IssueToken: MethodDefinition<_countersign_v1_IssueTokenRequest, _countersign_v1_IssueTokenResponse, _countersign_v1_IssueTokenRequest__Output, _countersign_v1_IssueTokenResponse__Output>
}
