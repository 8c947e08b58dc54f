// Original file: proto/countersign/v1/trust.proto

import type { PublishedKey as _countersign_v1_PublishedKey, PublishedKey__Output as _countersign_v1_PublishedKey__Output } from '../../countersign/v1/PublishedKey.ts';
import type { SignedBundleStatement as _countersign_v1_SignedBundleStatement, SignedBundleStatement__Output as _countersign_v1_SignedBundleStatement__Output } from '../../countersign/v1/SignedBundleStatement.ts';
import type { RevokedIds as _countersign_v1_RevokedIds, RevokedIds__Output as _countersign_v1_RevokedIds__Output } from '../../countersign/v1/RevokedIds.ts';
import type { RevokedUpTo as _countersign_v1_RevokedUpTo, RevokedUpTo__Output as _countersign_v1_RevokedUpTo__Output } from '../../countersign/v1/RevokedUpTo.ts';

/**
 * Times are whole seconds since 1970.
 */
export interface Changes {
  'keys'?: (_countersign_v1_PublishedKey)[];
  'bundleStatements'?: (_countersign_v1_SignedBundleStatement)[];
  /**
   * By "jti".
   */
  'tokens'?: (_countersign_v1_RevokedIds | null);
  /**
   * By "grant_id".
   */
  'grants'?: (_countersign_v1_RevokedIds | null);
  /**
   * By serial number, in lowercase hex.
   */
  'certificates'?: (_countersign_v1_RevokedIds | null);
  /**
   * Intermediates, by subject key identifier, in lowercase hex: nothing below them is good.
   */
  'intermediates'?: (_countersign_v1_RevokedIds | null);
  /**
   * By key ID: nothing that they signed is good.
   */
  'signingKeys'?: (_countersign_v1_RevokedIds | null);
  /**
   * By "sub".
   */
  'subjects'?: (_countersign_v1_RevokedUpTo | null);
  /**
   * By "client_id".
   */
  'clients'?: (_countersign_v1_RevokedUpTo | null);
  /**
   * By SPIFFE ID: tokens that were issued to the service, or in its name.
   */
  'services'?: (_countersign_v1_RevokedUpTo | null);
  /**
   * Services, by SPIFFE ID, that are refused until they are unblocked.
   */
  'blockedServices'?: (string)[];
  'unblockedServices'?: (string)[];
}

/**
 * Times are whole seconds since 1970.
 */
export interface Changes__Output {
  'keys': (_countersign_v1_PublishedKey__Output)[];
  'bundleStatements': (_countersign_v1_SignedBundleStatement__Output)[];
  /**
   * By "jti".
   */
  'tokens': (_countersign_v1_RevokedIds__Output | null);
  /**
   * By "grant_id".
   */
  'grants': (_countersign_v1_RevokedIds__Output | null);
  /**
   * By serial number, in lowercase hex.
   */
  'certificates': (_countersign_v1_RevokedIds__Output | null);
  /**
   * Intermediates, by subject key identifier, in lowercase hex: nothing below them is good.
   */
  'intermediates': (_countersign_v1_RevokedIds__Output | null);
  /**
   * By key ID: nothing that they signed is good.
   */
  'signingKeys': (_countersign_v1_RevokedIds__Output | null);
  /**
   * By "sub".
   */
  'subjects': (_countersign_v1_RevokedUpTo__Output | null);
  /**
   * By "client_id".
   */
  'clients': (_countersign_v1_RevokedUpTo__Output | null);
  /**
   * By SPIFFE ID: tokens that were issued to the service, or in its name.
   */
  'services': (_countersign_v1_RevokedUpTo__Output | null);
  /**
   * Services, by SPIFFE ID, that are refused until they are unblocked.
   */
  'blockedServices': (string)[];
  'unblockedServices': (string)[];
}
