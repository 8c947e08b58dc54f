import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { IssueTokenRequest as _countersign_v1_IssueTokenRequest, IssueTokenRequest__Output as _countersign_v1_IssueTokenRequest__Output } from './countersign/v1/IssueTokenRequest.ts';
import type { IssueTokenResponse as _countersign_v1_IssueTokenResponse, IssueTokenResponse__Output as _countersign_v1_IssueTokenResponse__Output } from './countersign/v1/IssueTokenResponse.ts';
import type { TokenServiceClient as _countersign_v1_TokenServiceClient, TokenServiceDefinition as _countersign_v1_TokenServiceDefinition } from './countersign/v1/TokenService.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  countersign: {
    v1: {
      IssueTokenRequest: MessageTypeDefinition<_countersign_v1_IssueTokenRequest, _countersign_v1_IssueTokenRequest__Output>
      IssueTokenResponse: MessageTypeDefinition<_countersign_v1_IssueTokenResponse, _countersign_v1_IssueTokenResponse__Output>
      /**
       * Issues tokens. Served by the authority.
       */
      TokenService: SubtypeConstructor<typeof grpc.Client, _countersign_v1_TokenServiceClient> & { service: _countersign_v1_TokenServiceDefinition }
    }
  }
}

