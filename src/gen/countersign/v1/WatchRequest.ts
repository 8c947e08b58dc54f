// Original file: proto/countersign/v1/trust.proto

import type { Revision as _countersign_v1_Revision, Revision__Output as _countersign_v1_Revision__Output } from '../../countersign/v1/Revision.ts';

export interface WatchRequest {
  /**
   * What the verifier has in full. Absent: nothing.
   */
  'after'?: (_countersign_v1_Revision | null);
}

export interface WatchRequest__Output {
  /**
   * What the verifier has in full. Absent: nothing.
   */
  'after': (_countersign_v1_Revision__Output | null);
}
