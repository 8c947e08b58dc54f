import type { Insertable, Selectable } from 'kysely'
import type { CertificateRecord, RecordedCertificate } from '../ca/inventory.ts'
import { REVOCATION_REASONS, type Revocation } from '../ca/revocation.ts'
import { parseServiceId } from '../identity/service-id.ts'
import type { Schema } from './schema.ts'
import { StoredRow } from './stored-row.ts'

type Table = Schema['certificate']

export function certificateRowOf(record: CertificateRecord): Insertable<Table> {
  return {
    serial_number: record.serialNumber,
    service_id: record.serviceId,
    dns_names: JSON.stringify(record.dnsNames),
    key_thumbprint: record.keyThumbprint,
    issuer_key_id: record.issuerKeyId,
    not_before: record.notBefore,
    not_after: record.notAfter,
    requested_by: record.requestedBy,
    renews: record.renews ?? null,
    recorded_at: record.recordedAt,
  }
}

/** @throws AuthError STORE_UNAVAILABLE for a row that is not as it was written */
export function parseCertificateRow(selected: Selectable<Table>): RecordedCertificate {
  const row = new StoredRow('certificate', selected)
  return {
    serialNumber: row.hex('serial_number'),
    serviceId: row.parsed('service_id', parseServiceId),
    dnsNames: row.parsed('dns_names', parseTexts),
    keyThumbprint: row.text('key_thumbprint'),
    issuerKeyId: row.hex('issuer_key_id'),
    notBefore: row.integer('not_before'),
    notAfter: row.integer('not_after'),
    requestedBy: row.text('requested_by'),
    renews: row.isNull('renews') ? undefined : row.hex('renews'),
    recordedAt: row.integer('recorded_at'),
    revocation: revocationIn(row),
  }
}

/** A row that is revoked in part is revoked, and damaged. */
function revocationIn(row: StoredRow<keyof Table>): Revocation | undefined {
  const columns = ['revoked_at', 'revocation_reason', 'revoked_by'] as const
  if (columns.every((column) => row.isNull(column))) return undefined
  return {
    reason: row.keyOf('revocation_reason', REVOCATION_REASONS),
    revokedAt: row.integer('revoked_at'),
    revokedBy: row.text('revoked_by'),
  }
}

function parseTexts(json: string): readonly string[] {
  const value: unknown = JSON.parse(json)
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new TypeError('no list of texts')
}
