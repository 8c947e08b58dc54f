// Original file: proto/countersign/v1/trust.proto


export interface WatchRequest {
}

export interface WatchRequest__Output {
}
