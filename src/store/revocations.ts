import type { Origin } from '../authority/log/trust-log.ts'
import type { RecordedCertificate } from '../ca/inventory.ts'
import type { Revocation } from '../ca/revocation.ts'
import type { Revocations } from '../ca/revocations.ts'
import { toEpochSeconds } from '../core/clock.ts'
import { LAST_SECOND, type RevokedById } from '../trust/change.ts'
import { appendChanges } from './append-changes.ts'
import { parseCertificateRow } from './certificate-row.ts'
import type { Database, StoreTransaction } from './database.ts'

/** Verifiers hear of it by the trust log, which is written in the same transaction. */
export function createRevocations(database: Database): Revocations {
  return {
    async ownerOf(serialNumber) {
      const row = await database.read((transaction) => find(transaction, serialNumber))
      return row && parseCertificateRow(row).serviceId
    },

    async revokeCertificate(serialNumber, revocation) {
      const revoked = await database.write(async (transaction) => {
        await transaction
          .updateTable('certificate')
          .set(columnsOf(revocation))
          .where('serial_number', '=', serialNumber)
          .where('revoked_at', 'is', null)
          .execute()
        const row = await find(transaction, serialNumber)
        if (row === undefined) return undefined
        return { row, revision: await appendChanges(transaction, changesOf([row]), originOf(revocation)) }
      })
      // Read once it stands: a row that is damaged is revoked all the same.
      return revoked && { certificate: parseCertificateRow(revoked.row), revision: revoked.revision }
    },

    async revokeService(serviceId, revocation) {
      const { rows, revision } = await database.write(async (transaction) => {
        const revoked = await transaction
          .updateTable('certificate')
          .set(columnsOf(revocation))
          .where('service_id', '=', serviceId)
          .where('not_after', '>=', revocation.revokedAt)
          .where('revoked_at', 'is', null)
          .returningAll()
          .execute()
        await transaction
          .insertInto('revoked_service')
          .values({ service_id: serviceId, ...columnsOf(revocation) })
          .onConflict((conflict) => conflict.columns(['service_id', 'revoked_at']).doNothing())
          .execute()
        const floor = { kind: 'service', id: serviceId, upTo: toEpochSeconds(revocation.revokedAt) } as const
        const changes = [...changesOf(revoked), floor]
        return { rows: revoked, revision: await appendChanges(transaction, changes, originOf(revocation)) }
      })
      return { certificates: rows.map(parseCertificateRow).sort(byExpiry), revision }
    },
  }
}

function find(transaction: StoreTransaction, serialNumber: string) {
  return transaction.selectFrom('certificate').selectAll().where('serial_number', '=', serialNumber).executeTakeFirst()
}

function columnsOf({ reason, revokedAt, revokedBy }: Revocation) {
  return { revoked_at: revokedAt, revocation_reason: reason, revoked_by: revokedBy }
}

/** No certificate has a serial number that is no text, and one whose expiry nobody knows is revoked for good. */
function changesOf(rows: readonly { serial_number: unknown; not_after: unknown }[]): readonly RevokedById[] {
  return rows.flatMap(({ serial_number: id, not_after }) => {
    const until = Number.isSafeInteger(not_after) ? toEpochSeconds(Number(not_after)) + 1 : LAST_SECOND
    return typeof id === 'string' ? [{ kind: 'certificate', id, until } as const] : []
  })
}

function originOf({ reason, revokedAt, revokedBy, inWords = reason }: Revocation): Origin {
  return { by: revokedBy, at: revokedAt, reason: inWords }
}

function byExpiry(one: RecordedCertificate, other: RecordedCertificate): number {
  return one.notAfter - other.notAfter || (one.serialNumber < other.serialNumber ? -1 : 1)
}
