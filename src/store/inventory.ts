import type { CertificateRecord, Inventory } from '../ca/inventory.ts'
import { parseCertificateRow } from './certificate-row.ts'
import type { Database } from './database.ts'
import type { GroupCommit } from './group-commit.ts'

/** @param records what is recorded goes to disk with what others record at the same time */
export function createInventory(database: Database, records: GroupCommit<CertificateRecord>): Inventory {
  return {
    record: (certificate) => records.add(certificate),

    find: (serialNumber) =>
      database.read(async (transaction) => {
        const row = await transaction
          .selectFrom('certificate')
          .selectAll()
          .where('serial_number', '=', serialNumber)
          .executeTakeFirst()
        return row === undefined ? undefined : parseCertificateRow(row)
      }),

    list: ({ serviceId, validAt }) =>
      database.read(async (transaction) => {
        const rows = await transaction
          .selectFrom('certificate')
          .selectAll()
          .where('not_after', '>=', validAt)
          .$if(serviceId !== undefined, (query) => query.where('service_id', '=', serviceId))
          .orderBy('service_id')
          .orderBy('not_after')
          .orderBy('serial_number')
          .execute()
        return rows.map(parseCertificateRow)
      }),
  }
}
