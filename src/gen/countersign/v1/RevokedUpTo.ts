// Original file: proto/countersign/v1/trust.proto


/**
 * What is refused if it was issued up to a time.
 */
export interface RevokedUpTo {
  'ids'?: (string)[];
  /**
   * For each ID.
   */
  'upTo'?: (number)[];
}

/**
 * What is refused if it was issued up to a time.
 */
export interface RevokedUpTo__Output {
  'ids': (string)[];
  /**
   * For each ID.
   */
  'upTo': (number)[];
}
