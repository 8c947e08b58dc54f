// Original file: proto/countersign/v1/trust.proto


/**
 * The public half of a key that signs tokens with ES256, on the word of an authority.
 */
export interface PublishedKey {
  /**
   * The JWK thumbprint with SHA-256 (RFC 7638) in base64url, 43 characters: the token's "kid".
   */
  'keyId'?: (string);
  /**
   * JSON on one line: issuer, public key, expiry.
   */
  'statement'?: (string);
  /**
   * Of the statement's bytes, with the first certificate's key: ECDSA with SHA-256, in DER.
   */
  'signature'?: (Buffer | Uint8Array | string);
  /**
   * DER: that of the authority, then those between it and its root.
   */
  'certificateChain'?: (Buffer | Uint8Array | string)[];
}

/**
 * The public half of a key that signs tokens with ES256, on the word of an authority.
 */
export interface PublishedKey__Output {
  /**
   * The JWK thumbprint with SHA-256 (RFC 7638) in base64url, 43 characters: the token's "kid".
   */
  'keyId': (string);
  /**
   * JSON on one line: issuer, public key, expiry.
   */
  'statement': (string);
  /**
   * Of the statement's bytes, with the first certificate's key: ECDSA with SHA-256, in DER.
   */
  'signature': (Buffer);
  /**
   * DER: that of the authority, then those between it and its root.
   */
  'certificateChain': (Buffer)[];
}
