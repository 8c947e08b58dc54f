// Original file: examples/moved/prices.proto


export interface LookupResponse {
  'cents'?: (number);
}

export interface LookupResponse__Output {
  'cents': (number);
}
