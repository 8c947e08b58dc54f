// Original file: proto/countersign/v1/trust.proto

import type { Revision as _countersign_v1_Revision, Revision__Output as _countersign_v1_Revision__Output } from '../../countersign/v1/Revision.ts';
import type { Changes as _countersign_v1_Changes, Changes__Output as _countersign_v1_Changes__Output } from '../../countersign/v1/Changes.ts';

/**
 * What has changed between two revisions of one epoch.
 */
export interface Delta {
  /**
   * What the verifier must have.
   */
  'after'?: (_countersign_v1_Revision | null);
  /**
   * What it has then.
   */
  'revision'?: (_countersign_v1_Revision | null);
  'changes'?: (_countersign_v1_Changes | null);
}

/**
 * What has changed between two revisions of one epoch.
 */
export interface Delta__Output {
  /**
   * What the verifier must have.
   */
  'after': (_countersign_v1_Revision__Output | null);
  /**
   * What it has then.
   */
  'revision': (_countersign_v1_Revision__Output | null);
  'changes': (_countersign_v1_Changes__Output | null);
}
