// Original file: examples/shop/proto/shop/v1/shop.proto


export interface PlaceResponse {
  'orderId'?: (string);
}

export interface PlaceResponse__Output {
  'orderId': (string);
}
