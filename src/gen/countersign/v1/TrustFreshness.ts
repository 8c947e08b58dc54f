// Original file: proto/countersign/v1/verifier.proto

export const TrustFreshness = {
  /**
   * Nothing is known yet.
   */
  TRUST_FRESHNESS_UNSPECIFIED: 'TRUST_FRESHNESS_UNSPECIFIED',
  /**
   * An authority has vouched within the last heartbeats.
   */
  TRUST_FRESHNESS_FRESH: 'TRUST_FRESHNESS_FRESH',
  /**
   * No authority has been heard for longer, and calls are still decided.
   */
  TRUST_FRESHNESS_STALE: 'TRUST_FRESHNESS_STALE',
  /**
   * For too long: calls are refused.
   */
  TRUST_FRESHNESS_DEAD: 'TRUST_FRESHNESS_DEAD',
} as const;

export type TrustFreshness =
  /**
   * Nothing is known yet.
   */
  | 'TRUST_FRESHNESS_UNSPECIFIED'
  | 0
  /**
   * An authority has vouched within the last heartbeats.
   */
  | 'TRUST_FRESHNESS_FRESH'
  | 1
  /**
   * No authority has been heard for longer, and calls are still decided.
   */
  | 'TRUST_FRESHNESS_STALE'
  | 2
  /**
   * For too long: calls are refused.
   */
  | 'TRUST_FRESHNESS_DEAD'
  | 3

export type TrustFreshness__Output = typeof TrustFreshness[keyof typeof TrustFreshness]
