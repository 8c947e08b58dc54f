// Original file: proto/countersign/v1/trust.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A position in the trust log.
 */
export interface Revision {
  /**
   * A higher one begins the log anew.
   */
  'epoch'?: (number | string | Long);
  'sequence'?: (number | string | Long);
}

/**
 * A position in the trust log.
 */
export interface Revision__Output {
  /**
   * A higher one begins the log anew.
   */
  'epoch': (string);
  'sequence': (string);
}
