// Original file: proto/countersign/v1/trust.proto


export interface RevokeRequest {
  /**
   * An access token in compact form. It is verified; one that has expired is nothing to revoke.
   */
  'token'?: (string);
  /**
   * A token's "jti".
   */
  'tokenId'?: (string);
  /**
   * A token's "grant_id": all tokens that descend from that grant.
   */
  'grantId'?: (string);
  /**
   * All tokens that were issued up to now on behalf of a subject: a token's "sub".
   */
  'subject'?: (string);
  /**
   * All tokens that were issued up to now to a client: a token's "client_id".
   */
  'client'?: (string);
  /**
   * All certificates and tokens that a service was issued up to now: its SPIFFE ID.
   */
  'service'?: (string);
  /**
   * A certificate that the CA has issued: its serial number in hex.
   */
  'certificate'?: (string);
  /**
   * For the record, in words.
   */
  'reason'?: (string);
  'target'?: "token"|"tokenId"|"grantId"|"subject"|"client"|"service"|"certificate";
}

export interface RevokeRequest__Output {
  /**
   * An access token in compact form. It is verified; one that has expired is nothing to revoke.
   */
  'token'?: (string);
  /**
   * A token's "jti".
   */
  'tokenId'?: (string);
  /**
   * A token's "grant_id": all tokens that descend from that grant.
   */
  'grantId'?: (string);
  /**
   * All tokens that were issued up to now on behalf of a subject: a token's "sub".
   */
  'subject'?: (string);
  /**
   * All tokens that were issued up to now to a client: a token's "client_id".
   */
  'client'?: (string);
  /**
   * All certificates and tokens that a service was issued up to now: its SPIFFE ID.
   */
  'service'?: (string);
  /**
   * A certificate that the CA has issued: its serial number in hex.
   */
  'certificate'?: (string);
  /**
   * For the record, in words.
   */
  'reason': (string);
  'target'?: "token"|"tokenId"|"grantId"|"subject"|"client"|"service"|"certificate";
}
