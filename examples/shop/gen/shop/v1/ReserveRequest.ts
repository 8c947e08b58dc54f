// Original file: examples/shop/proto/shop/v1/shop.proto


export interface ReserveRequest {
  'sku'?: (string);
  'quantity'?: (number);
}

export interface ReserveRequest__Output {
  'sku': (string);
  'quantity': (number);
}
