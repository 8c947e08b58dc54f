// Original file: proto/countersign/v1/trust.proto

import type { Revision as _countersign_v1_Revision, Revision__Output as _countersign_v1_Revision__Output } from '../../countersign/v1/Revision.ts';
import type { ConnectedVerifier as _countersign_v1_ConnectedVerifier, ConnectedVerifier__Output as _countersign_v1_ConnectedVerifier__Output } from '../../countersign/v1/ConnectedVerifier.ts';
import type { Long } from '@grpc/proto-loader';

export interface TrustServiceStatusResponse {
  'revision'?: (_countersign_v1_Revision | null);
  /**
   * When this authority last read the trust log, in milliseconds since 1970.
   */
  'readAtMs'?: (number | string | Long);
  /**
   * How many keys are published.
   */
  'keys'?: (number);
  /**
   * How many revocations and blocks stand.
   */
  'entries'?: (number | string | Long);
  /**
   * Each open call of Watch.
   */
  'verifiers'?: (_countersign_v1_ConnectedVerifier)[];
}

export interface TrustServiceStatusResponse__Output {
  'revision': (_countersign_v1_Revision__Output | null);
  /**
   * When this authority last read the trust log, in milliseconds since 1970.
   */
  'readAtMs': (string);
  /**
   * How many keys are published.
   */
  'keys': (number);
  /**
   * How many revocations and blocks stand.
   */
  'entries': (string);
  /**
   * Each open call of Watch.
   */
  'verifiers': (_countersign_v1_ConnectedVerifier__Output)[];
}
