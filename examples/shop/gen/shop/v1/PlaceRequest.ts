// Original file: examples/shop/proto/shop/v1/shop.proto


export interface PlaceRequest {
  /**
   * What to order, by stock keeping unit.
   */
  'sku'?: (string);
  'quantity'?: (number);
}

export interface PlaceRequest__Output {
  /**
   * What to order, by stock keeping unit.
   */
  'sku': (string);
  'quantity': (number);
}
