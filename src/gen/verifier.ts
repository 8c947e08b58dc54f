import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Changes as _countersign_v1_Changes, Changes__Output as _countersign_v1_Changes__Output } from './countersign/v1/Changes.ts';
import type { ConnectedVerifier as _countersign_v1_ConnectedVerifier, ConnectedVerifier__Output as _countersign_v1_ConnectedVerifier__Output } from './countersign/v1/ConnectedVerifier.ts';
import type { Delta as _countersign_v1_Delta, Delta__Output as _countersign_v1_Delta__Output } from './countersign/v1/Delta.ts';
import type { Heartbeat as _countersign_v1_Heartbeat, Heartbeat__Output as _countersign_v1_Heartbeat__Output } from './countersign/v1/Heartbeat.ts';
import type { PublishedKey as _countersign_v1_PublishedKey, PublishedKey__Output as _countersign_v1_PublishedKey__Output } from './countersign/v1/PublishedKey.ts';
import type { Revision as _countersign_v1_Revision, Revision__Output as _countersign_v1_Revision__Output } from './countersign/v1/Revision.ts';
import type { RevokeRequest as _countersign_v1_RevokeRequest, RevokeRequest__Output as _countersign_v1_RevokeRequest__Output } from './countersign/v1/RevokeRequest.ts';
import type { RevokeResponse as _countersign_v1_RevokeResponse, RevokeResponse__Output as _countersign_v1_RevokeResponse__Output } from './countersign/v1/RevokeResponse.ts';
import type { RevokedIds as _countersign_v1_RevokedIds, RevokedIds__Output as _countersign_v1_RevokedIds__Output } from './countersign/v1/RevokedIds.ts';
import type { RevokedUpTo as _countersign_v1_RevokedUpTo, RevokedUpTo__Output as _countersign_v1_RevokedUpTo__Output } from './countersign/v1/RevokedUpTo.ts';
import type { SignedBundleStatement as _countersign_v1_SignedBundleStatement, SignedBundleStatement__Output as _countersign_v1_SignedBundleStatement__Output } from './countersign/v1/SignedBundleStatement.ts';
import type { SnapshotPage as _countersign_v1_SnapshotPage, SnapshotPage__Output as _countersign_v1_SnapshotPage__Output } from './countersign/v1/SnapshotPage.ts';
import type { TrustServiceClient as _countersign_v1_TrustServiceClient, TrustServiceDefinition as _countersign_v1_TrustServiceDefinition } from './countersign/v1/TrustService.ts';
import type { TrustServiceStatusRequest as _countersign_v1_TrustServiceStatusRequest, TrustServiceStatusRequest__Output as _countersign_v1_TrustServiceStatusRequest__Output } from './countersign/v1/TrustServiceStatusRequest.ts';
import type { TrustServiceStatusResponse as _countersign_v1_TrustServiceStatusResponse, TrustServiceStatusResponse__Output as _countersign_v1_TrustServiceStatusResponse__Output } from './countersign/v1/TrustServiceStatusResponse.ts';
import type { VerifierServiceClient as _countersign_v1_VerifierServiceClient, VerifierServiceDefinition as _countersign_v1_VerifierServiceDefinition } from './countersign/v1/VerifierService.ts';
import type { VerifierServiceStatusRequest as _countersign_v1_VerifierServiceStatusRequest, VerifierServiceStatusRequest__Output as _countersign_v1_VerifierServiceStatusRequest__Output } from './countersign/v1/VerifierServiceStatusRequest.ts';
import type { VerifierServiceStatusResponse as _countersign_v1_VerifierServiceStatusResponse, VerifierServiceStatusResponse__Output as _countersign_v1_VerifierServiceStatusResponse__Output } from './countersign/v1/VerifierServiceStatusResponse.ts';
import type { WatchRequest as _countersign_v1_WatchRequest, WatchRequest__Output as _countersign_v1_WatchRequest__Output } from './countersign/v1/WatchRequest.ts';
import type { WatchResponse as _countersign_v1_WatchResponse, WatchResponse__Output as _countersign_v1_WatchResponse__Output } from './countersign/v1/WatchResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  countersign: {
    v1: {
      Changes: MessageTypeDefinition<_countersign_v1_Changes, _countersign_v1_Changes__Output>
      ConnectedVerifier: MessageTypeDefinition<_countersign_v1_ConnectedVerifier, _countersign_v1_ConnectedVerifier__Output>
      Delta: MessageTypeDefinition<_countersign_v1_Delta, _countersign_v1_Delta__Output>
      Heartbeat: MessageTypeDefinition<_countersign_v1_Heartbeat, _countersign_v1_Heartbeat__Output>
      PublishedKey: MessageTypeDefinition<_countersign_v1_PublishedKey, _countersign_v1_PublishedKey__Output>
      Revision: MessageTypeDefinition<_countersign_v1_Revision, _countersign_v1_Revision__Output>
      RevokeRequest: MessageTypeDefinition<_countersign_v1_RevokeRequest, _countersign_v1_RevokeRequest__Output>
      RevokeResponse: MessageTypeDefinition<_countersign_v1_RevokeResponse, _countersign_v1_RevokeResponse__Output>
      RevokedIds: MessageTypeDefinition<_countersign_v1_RevokedIds, _countersign_v1_RevokedIds__Output>
      RevokedUpTo: MessageTypeDefinition<_countersign_v1_RevokedUpTo, _countersign_v1_RevokedUpTo__Output>
      SignedBundleStatement: MessageTypeDefinition<_countersign_v1_SignedBundleStatement, _countersign_v1_SignedBundleStatement__Output>
      SnapshotPage: MessageTypeDefinition<_countersign_v1_SnapshotPage, _countersign_v1_SnapshotPage__Output>
      TrustFreshness: EnumTypeDefinition
      /**
       * Tells verifiers what to trust, and takes back what was issued. Served by the authority.
       */
      TrustService: SubtypeConstructor<typeof grpc.Client, _countersign_v1_TrustServiceClient> & { service: _countersign_v1_TrustServiceDefinition }
      TrustServiceStatusRequest: MessageTypeDefinition<_countersign_v1_TrustServiceStatusRequest, _countersign_v1_TrustServiceStatusRequest__Output>
      TrustServiceStatusResponse: MessageTypeDefinition<_countersign_v1_TrustServiceStatusResponse, _countersign_v1_TrustServiceStatusResponse__Output>
      /**
       * Tells operators what a service knows of what to trust. Served by every service that has a server.
       */
      VerifierService: SubtypeConstructor<typeof grpc.Client, _countersign_v1_VerifierServiceClient> & { service: _countersign_v1_VerifierServiceDefinition }
      VerifierServiceStatusRequest: MessageTypeDefinition<_countersign_v1_VerifierServiceStatusRequest, _countersign_v1_VerifierServiceStatusRequest__Output>
      VerifierServiceStatusResponse: MessageTypeDefinition<_countersign_v1_VerifierServiceStatusResponse, _countersign_v1_VerifierServiceStatusResponse__Output>
      WatchRequest: MessageTypeDefinition<_countersign_v1_WatchRequest, _countersign_v1_WatchRequest__Output>
      WatchResponse: MessageTypeDefinition<_countersign_v1_WatchResponse, _countersign_v1_WatchResponse__Output>
    }
  }
}

