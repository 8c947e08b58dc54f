// Original file: examples/shop/proto/shop/v1/shop.proto


export interface RestockRequest {
  'sku'?: (string);
  'quantity'?: (number);
}

export interface RestockRequest__Output {
  'sku': (string);
  'quantity': (number);
}
