// Original file: examples/shop/proto/shop/v1/shop.proto


export interface WatchResponse {
  'sku'?: (string);
  /**
   * How many are in stock.
   */
  'available'?: (number);
}

export interface WatchResponse__Output {
  'sku': (string);
  /**
   * How many are in stock.
   */
  'available': (number);
}
