import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { CheckoutRequest as _shop_v1_CheckoutRequest, CheckoutRequest__Output as _shop_v1_CheckoutRequest__Output } from './shop/v1/CheckoutRequest.ts';
import type { CheckoutResponse as _shop_v1_CheckoutResponse, CheckoutResponse__Output as _shop_v1_CheckoutResponse__Output } from './shop/v1/CheckoutResponse.ts';
import type { InventoryClient as _shop_v1_InventoryClient, InventoryDefinition as _shop_v1_InventoryDefinition } from './shop/v1/Inventory.ts';
import type { OrdersClient as _shop_v1_OrdersClient, OrdersDefinition as _shop_v1_OrdersDefinition } from './shop/v1/Orders.ts';
import type { PlaceRequest as _shop_v1_PlaceRequest, PlaceRequest__Output as _shop_v1_PlaceRequest__Output } from './shop/v1/PlaceRequest.ts';
import type { PlaceResponse as _shop_v1_PlaceResponse, PlaceResponse__Output as _shop_v1_PlaceResponse__Output } from './shop/v1/PlaceResponse.ts';
import type { ReserveRequest as _shop_v1_ReserveRequest, ReserveRequest__Output as _shop_v1_ReserveRequest__Output } from './shop/v1/ReserveRequest.ts';
import type { ReserveResponse as _shop_v1_ReserveResponse, ReserveResponse__Output as _shop_v1_ReserveResponse__Output } from './shop/v1/ReserveResponse.ts';
import type { RestockRequest as _shop_v1_RestockRequest, RestockRequest__Output as _shop_v1_RestockRequest__Output } from './shop/v1/RestockRequest.ts';
import type { RestockResponse as _shop_v1_RestockResponse, RestockResponse__Output as _shop_v1_RestockResponse__Output } from './shop/v1/RestockResponse.ts';
import type { StorefrontClient as _shop_v1_StorefrontClient, StorefrontDefinition as _shop_v1_StorefrontDefinition } from './shop/v1/Storefront.ts';
import type { WatchRequest as _shop_v1_WatchRequest, WatchRequest__Output as _shop_v1_WatchRequest__Output } from './shop/v1/WatchRequest.ts';
import type { WatchResponse as _shop_v1_WatchResponse, WatchResponse__Output as _shop_v1_WatchResponse__Output } from './shop/v1/WatchResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  shop: {
    v1: {
      CheckoutRequest: MessageTypeDefinition<_shop_v1_CheckoutRequest, _shop_v1_CheckoutRequest__Output>
      CheckoutResponse: MessageTypeDefinition<_shop_v1_CheckoutResponse, _shop_v1_CheckoutResponse__Output>
      Inventory: SubtypeConstructor<typeof grpc.Client, _shop_v1_InventoryClient> & { service: _shop_v1_InventoryDefinition }
      Orders: SubtypeConstructor<typeof grpc.Client, _shop_v1_OrdersClient> & { service: _shop_v1_OrdersDefinition }
      PlaceRequest: MessageTypeDefinition<_shop_v1_PlaceRequest, _shop_v1_PlaceRequest__Output>
      PlaceResponse: MessageTypeDefinition<_shop_v1_PlaceResponse, _shop_v1_PlaceResponse__Output>
      ReserveRequest: MessageTypeDefinition<_shop_v1_ReserveRequest, _shop_v1_ReserveRequest__Output>
      ReserveResponse: MessageTypeDefinition<_shop_v1_ReserveResponse, _shop_v1_ReserveResponse__Output>
      RestockRequest: MessageTypeDefinition<_shop_v1_RestockRequest, _shop_v1_RestockRequest__Output>
      RestockResponse: MessageTypeDefinition<_shop_v1_RestockResponse, _shop_v1_RestockResponse__Output>
      Storefront: SubtypeConstructor<typeof grpc.Client, _shop_v1_StorefrontClient> & { service: _shop_v1_StorefrontDefinition }
      WatchRequest: MessageTypeDefinition<_shop_v1_WatchRequest, _shop_v1_WatchRequest__Output>
      WatchResponse: MessageTypeDefinition<_shop_v1_WatchResponse, _shop_v1_WatchResponse__Output>
    }
  }
}

