// Original file: proto/countersign/v1/trust.proto


/**
 * The public half of a key that signs tokens with ES256.
 */
export interface VerificationKey {
  /**
   * The JWK thumbprint with SHA-256 (RFC 7638) in base64url, 43 characters: the token's "kid".
   */
  'keyId'?: (string);
  /**
   * SubjectPublicKeyInfo in DER (RFC 5480), on P-256.
   */
  'publicKey'?: (Buffer | Uint8Array | string);
}

/**
 * The public half of a key that signs tokens with ES256.
 */
export interface VerificationKey__Output {
  /**
   * The JWK thumbprint with SHA-256 (RFC 7638) in base64url, 43 characters: the token's "kid".
   */
  'keyId': (string);
  /**
   * SubjectPublicKeyInfo in DER (RFC 5480), on P-256.
   */
  'publicKey': (Buffer);
}
