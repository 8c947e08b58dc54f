// Original file: proto/countersign/v1/token.proto


export interface IssueTokenResponse {
  /**
   * An access token in the JWS compact form (RFC 9068).
   */
  'token'?: (string);
  /**
   * The scopes that the token has.
   */
  'scopes'?: (string)[];
  /**
   * The token's lifetime, in seconds from its issue.
   */
  'expiresInSeconds'?: (number);
}

export interface IssueTokenResponse__Output {
  /**
   * An access token in the JWS compact form (RFC 9068).
   */
  'token': (string);
  /**
   * The scopes that the token has.
   */
  'scopes': (string)[];
  /**
   * The token's lifetime, in seconds from its issue.
   */
  'expiresInSeconds': (number);
}
