import type { RecordedCertificate } from '../ca/inventory.ts'
import type { Revocation } from '../ca/revocation.ts'
import type { Revocations } from '../ca/revocations.ts'
import { parseCertificateRow } from './certificate-row.ts'
import type { Database, StoreTransaction } from './database.ts'

export function createRevocations(database: Database): Revocations {
  return {
    async revokeCertificate(serialNumber, revocation) {
      const row = await database.write(async (transaction) => {
        await transaction
          .updateTable('certificate')
          .set(columnsOf(revocation))
          .where('serial_number', '=', serialNumber)
          .where('revoked_at', 'is', null)
          .execute()
        return find(transaction, serialNumber)
      })
      // Read once it stands: a row that is damaged is revoked all the same.
      return row && parseCertificateRow(row)
    },

    async revokeService(serviceId, revocation) {
      const rows = await database.write(async (transaction) => {
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
        return revoked
      })
      return rows.map(parseCertificateRow).sort(byExpiry)
    },
  }
}

function find(transaction: StoreTransaction, serialNumber: string) {
  return transaction.selectFrom('certificate').selectAll().where('serial_number', '=', serialNumber).executeTakeFirst()
}

function columnsOf({ reason, revokedAt, revokedBy }: Revocation) {
  return { revoked_at: revokedAt, revocation_reason: reason, revoked_by: revokedBy }
}

function byExpiry(one: RecordedCertificate, other: RecordedCertificate): number {
  return one.notAfter - other.notAfter || (one.serialNumber < other.serialNumber ? -1 : 1)
}
