// Original file: proto/countersign/v1/verifier.proto


export interface VerifierServiceStatusRequest {
}

export interface VerifierServiceStatusRequest__Output {
}
