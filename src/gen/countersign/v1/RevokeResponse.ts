// Original file: proto/countersign/v1/trust.proto

import type { Revision as _countersign_v1_Revision, Revision__Output as _countersign_v1_Revision__Output } from '../../countersign/v1/Revision.ts';

export interface RevokeResponse {
  /**
   * Verifiers that have this revision refuse what was revoked. Absent where there was nothing to revoke.
   */
  'revision'?: (_countersign_v1_Revision | null);
}

export interface RevokeResponse__Output {
  /**
   * Verifiers that have this revision refuse what was revoked. Absent where there was nothing to revoke.
   */
  'revision': (_countersign_v1_Revision__Output | null);
}
