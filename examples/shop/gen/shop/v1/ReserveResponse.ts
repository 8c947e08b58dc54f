// Original file: examples/shop/proto/shop/v1/shop.proto


export interface ReserveResponse {
  'reservationId'?: (string);
  'remaining'?: (number);
}

export interface ReserveResponse__Output {
  'reservationId': (string);
  'remaining': (number);
}
