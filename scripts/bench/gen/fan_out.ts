import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { EchoClient as _bench_v1_EchoClient, EchoDefinition as _bench_v1_EchoDefinition } from './bench/v1/Echo.ts';
import type { FanOutClient as _bench_v1_FanOutClient, FanOutDefinition as _bench_v1_FanOutDefinition } from './bench/v1/FanOut.ts';
import type { Message as _bench_v1_Message, Message__Output as _bench_v1_Message__Output } from './bench/v1/Message.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bench: {
    v1: {
      Echo: SubtypeConstructor<typeof grpc.Client, _bench_v1_EchoClient> & { service: _bench_v1_EchoDefinition }
      /**
       * What a trust feed cannot do without: a record on a disk, and a message to everyone who listens.
       */
      FanOut: SubtypeConstructor<typeof grpc.Client, _bench_v1_FanOutClient> & { service: _bench_v1_FanOutDefinition }
      Message: MessageTypeDefinition<_bench_v1_Message, _bench_v1_Message__Output>
    }
  }
}

