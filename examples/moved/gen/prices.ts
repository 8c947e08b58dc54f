import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { LookupRequest as _prices_v1_LookupRequest, LookupRequest__Output as _prices_v1_LookupRequest__Output } from './prices/v1/LookupRequest.ts';
import type { LookupResponse as _prices_v1_LookupResponse, LookupResponse__Output as _prices_v1_LookupResponse__Output } from './prices/v1/LookupResponse.ts';
import type { PricesClient as _prices_v1_PricesClient, PricesDefinition as _prices_v1_PricesDefinition } from './prices/v1/Prices.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  prices: {
    v1: {
      LookupRequest: MessageTypeDefinition<_prices_v1_LookupRequest, _prices_v1_LookupRequest__Output>
      LookupResponse: MessageTypeDefinition<_prices_v1_LookupResponse, _prices_v1_LookupResponse__Output>
      Prices: SubtypeConstructor<typeof grpc.Client, _prices_v1_PricesClient> & { service: _prices_v1_PricesDefinition }
    }
  }
}

