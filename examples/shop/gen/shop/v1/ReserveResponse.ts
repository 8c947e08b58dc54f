// Original file: examples/shop/proto/shop/v1/shop.proto


export interface ReserveResponse {
  'reservationId'?: (string);
}

export interface ReserveResponse__Output {
  'reservationId': (string);
}
