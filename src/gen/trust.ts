import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Snapshot as _countersign_v1_Snapshot, Snapshot__Output as _countersign_v1_Snapshot__Output } from './countersign/v1/Snapshot.ts';
import type { TrustServiceClient as _countersign_v1_TrustServiceClient, TrustServiceDefinition as _countersign_v1_TrustServiceDefinition } from './countersign/v1/TrustService.ts';
import type { VerificationKey as _countersign_v1_VerificationKey, VerificationKey__Output as _countersign_v1_VerificationKey__Output } from './countersign/v1/VerificationKey.ts';
import type { WatchRequest as _countersign_v1_WatchRequest, WatchRequest__Output as _countersign_v1_WatchRequest__Output } from './countersign/v1/WatchRequest.ts';
import type { WatchResponse as _countersign_v1_WatchResponse, WatchResponse__Output as _countersign_v1_WatchResponse__Output } from './countersign/v1/WatchResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  countersign: {
    v1: {
      Snapshot: MessageTypeDefinition<_countersign_v1_Snapshot, _countersign_v1_Snapshot__Output>
      /**
       * Tells verifiers what to trust. Served by the authority.
       */
      TrustService: SubtypeConstructor<typeof grpc.Client, _countersign_v1_TrustServiceClient> & { service: _countersign_v1_TrustServiceDefinition }
      VerificationKey: MessageTypeDefinition<_countersign_v1_VerificationKey, _countersign_v1_VerificationKey__Output>
      WatchRequest: MessageTypeDefinition<_countersign_v1_WatchRequest, _countersign_v1_WatchRequest__Output>
      WatchResponse: MessageTypeDefinition<_countersign_v1_WatchResponse, _countersign_v1_WatchResponse__Output>
    }
  }
}

