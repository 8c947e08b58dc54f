// Original file: proto/countersign/v1/token.proto


export interface IssueTokenRequest {
  /**
   * The service that is to accept the token: its SPIFFE ID, such as "spiffe://shop.internal/inventory".
   */
  'audience'?: (string);
  /**
   * The scopes that the token is to have. None: all that policy grants the caller at this audience.
   */
  'scopes'?: (string)[];
}

export interface IssueTokenRequest__Output {
  /**
   * The service that is to accept the token: its SPIFFE ID, such as "spiffe://shop.internal/inventory".
   */
  'audience': (string);
  /**
   * The scopes that the token is to have. None: all that policy grants the caller at this audience.
   */
  'scopes': (string)[];
}
