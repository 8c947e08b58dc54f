// Original file: proto/countersign/v1/trust.proto

import type { Revision as _countersign_v1_Revision, Revision__Output as _countersign_v1_Revision__Output } from '../../countersign/v1/Revision.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Says that nothing is newer than a revision, and when that was read.
 */
export interface Heartbeat {
  'revision'?: (_countersign_v1_Revision | null);
  /**
   * When this authority last read the trust log, in milliseconds since 1970.
   */
  'readAtMs'?: (number | string | Long);
  /**
   * When this message was made, in milliseconds since 1970.
   */
  'sentAtMs'?: (number | string | Long);
}

/**
 * Says that nothing is newer than a revision, and when that was read.
 */
export interface Heartbeat__Output {
  'revision': (_countersign_v1_Revision__Output | null);
  /**
   * When this authority last read the trust log, in milliseconds since 1970.
   */
  'readAtMs': (string);
  /**
   * When this message was made, in milliseconds since 1970.
   */
  'sentAtMs': (string);
}
