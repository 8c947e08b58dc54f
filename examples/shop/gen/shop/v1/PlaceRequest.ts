// Original file: examples/shop/proto/shop/v1/shop.proto


export interface PlaceRequest {
  'sku'?: (string);
  'quantity'?: (number);
}

export interface PlaceRequest__Output {
  'sku': (string);
  'quantity': (number);
}
