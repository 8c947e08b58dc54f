// Original file: scripts/bench/proto/bench/v1/echo.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Message as _bench_v1_Message, Message__Output as _bench_v1_Message__Output } from '../../bench/v1/Message.ts';

export interface EchoClient extends grpc.Client {
  Say(argument: _bench_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  Say(argument: _bench_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  Say(argument: _bench_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  Say(argument: _bench_v1_Message, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  say(argument: _bench_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  say(argument: _bench_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  say(argument: _bench_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  say(argument: _bench_v1_Message, callback: grpc.requestCallback<_bench_v1_Message__Output>): grpc.ClientUnaryCall;
  
}

export interface EchoHandlers extends grpc.UntypedServiceImplementation {
  Say: grpc.handleUnaryCall<_bench_v1_Message__Output, _bench_v1_Message>;
  
}

export interface EchoDefinition extends grpc.ServiceDefinition {
  Say: MethodDefinition<_bench_v1_Message, _bench_v1_Message, _bench_v1_Message__Output, _bench_v1_Message__Output>
}
