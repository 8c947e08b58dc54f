// Original file: examples/moved/prices.proto


export interface LookupRequest {
  'sku'?: (string);
}

export interface LookupRequest__Output {
  'sku': (string);
}
