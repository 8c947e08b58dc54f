// Original file: examples/shop/proto/shop/v1/shop.proto


export interface CheckoutRequest {
  /**
   * What to buy, by stock keeping unit.
   */
  'sku'?: (string);
  'quantity'?: (number);
}

export interface CheckoutRequest__Output {
  /**
   * What to buy, by stock keeping unit.
   */
  'sku': (string);
  'quantity': (number);
}
