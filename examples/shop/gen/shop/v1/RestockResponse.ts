// Original file: examples/shop/proto/shop/v1/shop.proto


export interface RestockResponse {
  'remaining'?: (number);
}

export interface RestockResponse__Output {
  'remaining': (number);
}
