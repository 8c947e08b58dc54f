// Original file: proto/countersign/v1/trust.proto

import type { Revision as _countersign_v1_Revision, Revision__Output as _countersign_v1_Revision__Output } from '../../countersign/v1/Revision.ts';
import type { Changes as _countersign_v1_Changes, Changes__Output as _countersign_v1_Changes__Output } from '../../countersign/v1/Changes.ts';

/**
 * A part of all that stood at a revision. The parts come one after the other, and are in force together, once the last has
 * come: they replace what the verifier knew.
 */
export interface SnapshotPage {
  /**
   * The same on each page.
   */
  'revision'?: (_countersign_v1_Revision | null);
  /**
   * From 1.
   */
  'page'?: (number);
  'last'?: (boolean);
  /**
   * The issuer of every token of the trust domain: an https URL, the token's "iss". The same on each page.
   */
  'issuer'?: (string);
  'changes'?: (_countersign_v1_Changes | null);
}

/**
 * A part of all that stood at a revision. The parts come one after the other, and are in force together, once the last has
 * come: they replace what the verifier knew.
 */
export interface SnapshotPage__Output {
  /**
   * The same on each page.
   */
  'revision': (_countersign_v1_Revision__Output | null);
  /**
   * From 1.
   */
  'page': (number);
  'last': (boolean);
  /**
   * The issuer of every token of the trust domain: an https URL, the token's "iss". The same on each page.
   */
  'issuer': (string);
  'changes': (_countersign_v1_Changes__Output | null);
}
