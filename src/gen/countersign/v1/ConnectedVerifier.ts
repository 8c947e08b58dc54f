// Original file: proto/countersign/v1/trust.proto

import type { Revision as _countersign_v1_Revision, Revision__Output as _countersign_v1_Revision__Output } from '../../countersign/v1/Revision.ts';
import type { Long } from '@grpc/proto-loader';

export interface ConnectedVerifier {
  /**
   * A SPIFFE ID.
   */
  'service'?: (string);
  /**
   * The serial number of its certificate, in lowercase hex: which of its processes.
   */
  'serialNumber'?: (string);
  /**
   * What was sent to it.
   */
  'revision'?: (_countersign_v1_Revision | null);
  /**
   * For how long the oldest change has been waiting to be sent to it. 0: it has everything.
   */
  'lagMs'?: (number | string | Long);
  /**
   * When it connected, in milliseconds since 1970.
   */
  'sinceMs'?: (number | string | Long);
}

export interface ConnectedVerifier__Output {
  /**
   * A SPIFFE ID.
   */
  'service': (string);
  /**
   * The serial number of its certificate, in lowercase hex: which of its processes.
   */
  'serialNumber': (string);
  /**
   * What was sent to it.
   */
  'revision': (_countersign_v1_Revision__Output | null);
  /**
   * For how long the oldest change has been waiting to be sent to it. 0: it has everything.
   */
  'lagMs': (string);
  /**
   * When it connected, in milliseconds since 1970.
   */
  'sinceMs': (string);
}
