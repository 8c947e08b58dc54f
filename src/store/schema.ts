import type { ColumnType } from 'kysely'

/**
 * The tables. What is read is `unknown`: a row that was damaged or changed by hand is parsed before it counts
 * (`StoredRow`). Times are milliseconds since 1970.
 */
export interface Schema {
  readonly ca: CaTable
  readonly authority: AuthorityTable
  readonly bundle_statement: BundleStatementTable
  readonly certified_key: CertifiedKeyTable
  readonly certificate: CertificateTable
  readonly revoked_service: RevokedServiceTable
  readonly crl: CrlTable
  readonly trust_revision: TrustRevisionTable
  readonly trust_log: TrustLogTable
  readonly key_rotation: KeyRotationTable
}

type Text = ColumnType<unknown, string, string>
type OptionalText = ColumnType<unknown, string | null, string | null>
type Integer = ColumnType<unknown, number, number>
type OptionalInteger = ColumnType<unknown, number | null, number | null>

/** One row: the CA of this store. */
interface CaTable {
  readonly id: Integer
  readonly trust_domain: Text
}

interface AuthorityTable {
  readonly key_id: Text
  readonly kind: Text
  readonly name: Text
  readonly key_thumbprint: Text
  readonly state: Text
  readonly certificate_chain: OptionalText
  readonly requested_by: Text
  readonly since: Integer
  /** In the list of authorities. */
  readonly position: Integer
}

interface BundleStatementTable {
  readonly epoch: Integer
  readonly sequence: Integer
  readonly text: Text
  readonly signature: OptionalText
}

/** To which service a key belongs, for ever: one row for a key, however often it was certified. */
interface CertifiedKeyTable {
  readonly key_thumbprint: Text
  readonly service_id: Text
}

interface CertificateTable {
  readonly serial_number: Text
  readonly service_id: Text
  /** A JSON array of texts. */
  readonly dns_names: Text
  readonly key_thumbprint: Text
  readonly issuer_key_id: Text
  readonly not_before: Integer
  readonly not_after: Integer
  readonly requested_by: Text
  readonly renews: OptionalText
  readonly recorded_at: Integer
  /** With the two after it: null until it is revoked. */
  readonly revoked_at: OptionalInteger
  readonly revocation_reason: OptionalText
  readonly revoked_by: OptionalText
}

/** What was issued to the service up to then is refused. */
interface RevokedServiceTable {
  readonly service_id: Text
  readonly revoked_at: Integer
  readonly revocation_reason: Text
  readonly revoked_by: Text
}

interface CrlTable {
  readonly issuer_key_id: Text
  readonly number: Integer
  readonly this_update: Integer
  readonly next_update: Integer
}

/** One row: where the trust log ends. Locked by whoever adds to it. */
interface TrustRevisionTable {
  readonly id: Integer
  readonly epoch: Integer
  readonly sequence: Integer
}

/** What verifiers are to know. A later change of the same kind and ID takes the place of an earlier one. */
interface TrustLogTable {
  readonly kind: Text
  readonly id: Text
  readonly sequence: Integer
  /**
   * Of a revocation: until when it matters, or up to when what was issued is refused, in whole seconds since 1970.
   * Of a block: 1, or 0 once it is lifted. Else 0.
   */
  readonly value: Integer
  /** Of keys and statements: JSON. */
  readonly payload: OptionalText
  /** When it matters no more, but for clocks that differ; null for what stays for good. */
  readonly expires_at: OptionalInteger
  /** With the two after it: for the record. */
  readonly reason: Text
  readonly recorded_by: Text
  readonly recorded_at: Integer
}

/** Each time that authorities were asked for new signing keys. */
interface KeyRotationTable {
  readonly requested_at: Integer
  readonly requested_by: Text
  readonly reason: Text
}
