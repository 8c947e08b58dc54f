// Original file: examples/shop/proto/shop/v1/shop.proto


export interface WatchRequest {
}

export interface WatchRequest__Output {
}
