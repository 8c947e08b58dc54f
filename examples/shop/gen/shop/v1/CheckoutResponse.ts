// Original file: examples/shop/proto/shop/v1/shop.proto


export interface CheckoutResponse {
  'orderId'?: (string);
}

export interface CheckoutResponse__Output {
  'orderId': (string);
}
