// Original file: examples/shop/proto/shop/v1/shop.proto


export interface PlaceResponse {
  'orderId'?: (string);
  /**
   * How many are left in stock.
   */
  'remaining'?: (number);
}

export interface PlaceResponse__Output {
  'orderId': (string);
  /**
   * How many are left in stock.
   */
  'remaining': (number);
}
