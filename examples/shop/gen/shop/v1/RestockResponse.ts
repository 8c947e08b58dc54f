// Original file: examples/shop/proto/shop/v1/shop.proto


export interface RestockResponse {
}

export interface RestockResponse__Output {
}
