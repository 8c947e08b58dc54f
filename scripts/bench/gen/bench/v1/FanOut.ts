// Original file: scripts/bench/proto/bench/v1/fan_out.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Message as _bench_v1_Message, Message__Output as _bench_v1_Message__Output } from '../../bench/v1/Message.ts';

/**
 * What a trust feed cannot do without: a record on a disk, and a message to everyone who listens.
 */
export interface FanOutClient extends grpc.Client {
  Listen(argument: _bench_v1_Message, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bench_v1_Message__Output>;
  Listen(argument: _bench_v1_Message, options?: grpc.CallOptions): grpc.ClientReadableStream<_bench_v1_Message__Output>;
  listen(argument: _bench_v1_Message, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bench_v1_Message__Output>;
  listen(argument: _bench_v1_Message, options?: grpc.CallOptions): grpc.ClientReadableStream<_bench_v1_Message__Output>;
  
  Publish(argument: _bench_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  Publish(argument: _bench_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  Publish(argument: _bench_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  Publish(argument: _bench_v1_Message, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  publish(argument: _bench_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  publish(argument: _bench_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  publish(argument: _bench_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  publish(argument: _bench_v1_Message, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  
}

/**
 * What a trust feed cannot do without: a record on a disk, and a message to everyone who listens.
 */
export interface FanOutHandlers extends grpc.UntypedServiceImplementation {
  Listen: grpc.handleServerStreamingCall<_bench_v1_Message__Output, _bench_v1_Message>;
  
  Publish: grpc.handleUnaryCall<_bench_v1_Message__Output, _bench_v1_Message>;
  
}

export interface FanOutDefinition extends grpc.ServiceDefinition {
  Listen: MethodDefinition<_bench_v1_Message, _bench_v1_Message, _bench_v1_Message__Output, _bench_v1_Message__Output>
  Publish: MethodDefinition<_bench_v1_Message, _bench_v1_Message, _bench_v1_Message__Output, _bench_v1_Message__Output>
}
