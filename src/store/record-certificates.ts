import { sql } from 'kysely'
import type { CertificateRecord } from '../ca/inventory.ts'
import { AuthError } from '../core/errors.ts'
import { certificateRowOf } from './certificate-row.ts'
import type { StoreTransaction } from './database.ts'
import type { Outcome } from './group-commit.ts'
import { StoredRow } from './stored-row.ts'
import { LIFTED } from './trust-log-row.ts'

/** Records the certificates of a batch that may be issued; says of each of the others why it may not. */
export async function recordCertificates(
  transaction: StoreTransaction,
  batch: readonly CertificateRecord[],
): Promise<readonly Outcome[]> {
  const known = await readKnown(transaction, batch)
  const accepted: CertificateRecord[] = []
  const outcomes = batch.map((record) => {
    const refusal = refusalOf(record, known)
    if (refusal !== undefined) return refusal
    known.owners.set(record.keyThumbprint, record.serviceId)
    known.serialNumbers.add(record.serialNumber)
    accepted.push(record)
    return 'committed'
  })
  if (accepted.length > 0) await insert(transaction, accepted)
  return outcomes
}

/** What the store knows of the keys, serial numbers, issuers and services of a batch, and of its own. */
interface Known {
  /** Key IDs. */
  readonly activeIssuers: ReadonlySet<unknown>
  /** Thumbprints. */
  readonly ownKeys: ReadonlySet<unknown>
  /** Thumbprints of keys with a certificate that was revoked as the key was compromised. */
  readonly compromisedKeys: ReadonlySet<unknown>
  /** The service of each key, by thumbprint. */
  readonly owners: Map<unknown, unknown>
  readonly serialNumbers: Set<unknown>
  /** The service of each certificate that is renewed and not revoked, by serial number. */
  readonly renewable: ReadonlyMap<unknown, unknown>
  /** When each service was revoked last. */
  readonly revokedServices: ReadonlyMap<unknown, number>
  readonly blockedServices: ReadonlySet<unknown>
}

async function readKnown(transaction: StoreTransaction, batch: readonly CertificateRecord[]): Promise<Known> {
  const authorities = await transaction
    .selectFrom('authority')
    .select(['key_id', 'kind', 'state', 'key_thumbprint'])
    .execute()
  const owners = await transaction
    .selectFrom('certified_key')
    .select(['key_thumbprint', 'service_id'])
    .where('key_thumbprint', 'in', distinct(batch, 'keyThumbprint'))
    .execute()
  const compromised = await transaction
    .selectFrom('certificate')
    .select('key_thumbprint')
    .where('key_thumbprint', 'in', distinct(batch, 'keyThumbprint'))
    // As it is in the index, which serves no parameter.
    .where('revocation_reason', '=', sql.lit('keyCompromise'))
    .execute()
  const certificates = await transaction
    .selectFrom('certificate')
    .select('serial_number')
    .where('serial_number', 'in', distinct(batch, 'serialNumber'))
    .execute()
  const revoked = await transaction
    .selectFrom('revoked_service')
    .select((expression) => ['service_id', expression.fn.max<number>('revoked_at').as('revoked_at')])
    .where('service_id', 'in', distinct(batch, 'serviceId'))
    .groupBy('service_id')
    .execute()
  const blocked = await transaction
    .selectFrom('trust_log')
    .select('id')
    .where('kind', '=', 'block')
    .where('value', '<>', LIFTED)
    .where('id', 'in', distinct(batch, 'serviceId'))
    .execute()
  const issuers = authorities.filter(({ kind, state }) => kind === 'intermediate' && state === 'active')
  return {
    activeIssuers: new Set(issuers.map(({ key_id }) => key_id)),
    ownKeys: new Set(authorities.map(({ key_thumbprint }) => key_thumbprint)),
    compromisedKeys: new Set(compromised.map(({ key_thumbprint }) => key_thumbprint)),
    owners: new Map(owners.map(({ key_thumbprint, service_id }) => [key_thumbprint, service_id])),
    renewable: await readRenewable(transaction, batch),
    serialNumbers: new Set(certificates.map(({ serial_number }) => serial_number)),
    revokedServices: new Map(
      revoked.map((row) => [row.service_id, new StoredRow('revoked_service', row).integer('revoked_at')]),
    ),
    blockedServices: new Set(blocked.map(({ id }) => id)),
  }
}

async function readRenewable(transaction: StoreTransaction, batch: readonly CertificateRecord[]) {
  const renewed = [...new Set(batch.flatMap(({ renews }) => renews ?? []))]
  if (renewed.length === 0) return new Map<unknown, unknown>()
  const rows = await transaction
    .selectFrom('certificate')
    .select(['serial_number', 'service_id'])
    .where('serial_number', 'in', renewed)
    .where('revoked_at', 'is', null)
    .execute()
  return new Map<unknown, unknown>(rows.map(({ serial_number, service_id }) => [serial_number, service_id]))
}

function refusalOf(record: CertificateRecord, known: Known): AuthError | undefined {
  if (!known.activeIssuers.has(record.issuerKeyId)) {
    return new AuthError('INTERNAL', 'The intermediate that was to sign is not active. Nothing was issued.')
  }
  if (known.serialNumbers.has(record.serialNumber)) {
    return new AuthError('INTERNAL', 'The serial number was used before. Nothing was issued.')
  }
  if (known.ownKeys.has(record.keyThumbprint)) {
    return invalid("The key is one of the CA's own. Generate one for the service.")
  }
  if (known.blockedServices.has(record.serviceId)) {
    return invalid(`The service is blocked. It is issued nothing until "countersign unblock" lifts that.`)
  }
  // Whoever has the key could pass for both services.
  if ((known.owners.get(record.keyThumbprint) ?? record.serviceId) !== record.serviceId) {
    return invalid('The key belongs to another service. Generate one for this service.')
  }
  if (known.compromisedKeys.has(record.keyThumbprint)) {
    return invalid('The key was compromised: a certificate of it is revoked for that. Generate another key.')
  }
  // Whoever asked has looked before; a revocation may have come between.
  if (record.renews !== undefined && known.renewable.get(record.renews) !== record.serviceId) {
    return invalid('The certificate to renew is revoked, or none of this service. Issue a new one.')
  }
  // What a revocation of the service has missed by a moment would never be revoked.
  if (record.recordedAt < (known.revokedServices.get(record.serviceId) ?? -Infinity)) {
    return invalid('The service was revoked after this certificate was asked for. Ask again.')
  }
  return undefined
}

async function insert(transaction: StoreTransaction, records: readonly CertificateRecord[]): Promise<void> {
  await transaction
    .insertInto('certified_key')
    .values(records.map(({ keyThumbprint, serviceId }) => ({ key_thumbprint: keyThumbprint, service_id: serviceId })))
    .onConflict((conflict) => conflict.column('key_thumbprint').doNothing())
    .execute()
  await transaction.insertInto('certificate').values(records.map(certificateRowOf)).execute()
}

function distinct(batch: readonly CertificateRecord[], field: 'keyThumbprint' | 'serialNumber' | 'serviceId') {
  return [...new Set(batch.map((record) => record[field]))]
}

function invalid(message: string): AuthError {
  return new AuthError('REQUEST_INVALID', message)
}
