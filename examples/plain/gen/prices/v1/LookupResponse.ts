// Original file: examples/plain/prices.proto


export interface LookupResponse {
  'cents'?: (number);
}

export interface LookupResponse__Output {
  'cents': (number);
}
