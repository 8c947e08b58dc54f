// Original file: proto/countersign/v1/trust.proto


/**
 * What is refused by its ID.
 */
export interface RevokedIds {
  'ids'?: (string)[];
  /**
   * For each ID, when what it stands for has expired in any case.
   */
  'until'?: (number)[];
}

/**
 * What is refused by its ID.
 */
export interface RevokedIds__Output {
  'ids': (string)[];
  /**
   * For each ID, when what it stands for has expired in any case.
   */
  'until': (number)[];
}
