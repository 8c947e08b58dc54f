// Original file: proto/countersign/v1/verifier.proto

import type { TrustFreshness as _countersign_v1_TrustFreshness, TrustFreshness__Output as _countersign_v1_TrustFreshness__Output } from '../../countersign/v1/TrustFreshness.ts';
import type { Revision as _countersign_v1_Revision, Revision__Output as _countersign_v1_Revision__Output } from '../../countersign/v1/Revision.ts';
import type { Long } from '@grpc/proto-loader';

export interface VerifierServiceStatusResponse {
  'freshness'?: (_countersign_v1_TrustFreshness);
  /**
   * Absent where nothing is known.
   */
  'revision'?: (_countersign_v1_Revision | null);
  /**
   * How long ago an authority vouched that nothing was newer. Absent where none has.
   */
  'ageMs'?: (number | string | Long);
  /**
   * How many keys verify tokens.
   */
  'keys'?: (number);
  /**
   * How many revocations and blocks stand.
   */
  'entries'?: (number | string | Long);
  /**
   * How far this service's clock is ahead of the authority's; negative where it is behind. Absent where it is not known.
   */
  'clockAheadMs'?: (number | string | Long);
  '_ageMs'?: "ageMs";
  '_clockAheadMs'?: "clockAheadMs";
}

export interface VerifierServiceStatusResponse__Output {
  'freshness': (_countersign_v1_TrustFreshness__Output);
  /**
   * Absent where nothing is known.
   */
  'revision': (_countersign_v1_Revision__Output | null);
  /**
   * How long ago an authority vouched that nothing was newer. Absent where none has.
   */
  'ageMs'?: (string);
  /**
   * How many keys verify tokens.
   */
  'keys': (number);
  /**
   * How many revocations and blocks stand.
   */
  'entries': (string);
  /**
   * How far this service's clock is ahead of the authority's; negative where it is behind. Absent where it is not known.
   */
  'clockAheadMs'?: (string);
  '_ageMs'?: "ageMs";
  '_clockAheadMs'?: "clockAheadMs";
}
