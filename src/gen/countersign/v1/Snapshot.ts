// Original file: proto/countersign/v1/trust.proto

import type { VerificationKey as _countersign_v1_VerificationKey, VerificationKey__Output as _countersign_v1_VerificationKey__Output } from '../../countersign/v1/VerificationKey.ts';

/**
 * All that a verifier needs. It replaces what the verifier knew before.
 */
export interface Snapshot {
  /**
   * The issuer of every token of the trust domain: an https URL, the token's "iss".
   */
  'issuer'?: (string);
  /**
   * The keys that verify tokens. A token that names another key is refused.
   */
  'keys'?: (_countersign_v1_VerificationKey)[];
}

/**
 * All that a verifier needs. It replaces what the verifier knew before.
 */
export interface Snapshot__Output {
  /**
   * The issuer of every token of the trust domain: an https URL, the token's "iss".
   */
  'issuer': (string);
  /**
   * The keys that verify tokens. A token that names another key is refused.
   */
  'keys': (_countersign_v1_VerificationKey__Output)[];
}
