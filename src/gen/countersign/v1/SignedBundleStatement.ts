// Original file: proto/countersign/v1/trust.proto


/**
 * The roots of the trust domain, on the word of one that was a root before.
 */
export interface SignedBundleStatement {
  /**
   * JSON on one line.
   */
  'text'?: (string);
  /**
   * ECDSA with SHA-256, in DER.
   */
  'signature'?: (Buffer | Uint8Array | string);
}

/**
 * The roots of the trust domain, on the word of one that was a root before.
 */
export interface SignedBundleStatement__Output {
  /**
   * JSON on one line.
   */
  'text': (string);
  /**
   * ECDSA with SHA-256, in DER.
   */
  'signature': (Buffer);
}
