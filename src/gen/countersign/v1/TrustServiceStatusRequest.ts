// Original file: proto/countersign/v1/trust.proto


export interface TrustServiceStatusRequest {
}

export interface TrustServiceStatusRequest__Output {
}
