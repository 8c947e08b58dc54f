import { type CrlRegister, REVOCATION_REASONS, type RevokedEntry } from '../ca/revocation.ts'
import type { Database, StoreTransaction } from './database.ts'
import { StoredRow } from './stored-row.ts'

export function createCrlRegister(database: Database): CrlRegister {
  return {
    next: (issuerKeyId, { thisUpdate, nextUpdate }) =>
      database.write(async (transaction) => {
        const last = await readLast(transaction, issuerKeyId)
        const number = last.number + 1
        await transaction
          .insertInto('crl')
          .values({ issuer_key_id: issuerKeyId, number, this_update: thisUpdate, next_update: nextUpdate })
          .execute()
        // What has not expired now is never left out, wherever the clock was when the last one was made.
        const since = Math.min(last.thisUpdate, thisUpdate)
        return { number, revoked: await readRevoked(transaction, issuerKeyId, since) }
      }),
  }
}

interface LastCrl {
  readonly number: number
  readonly thisUpdate: number
}

const NO_CRL: LastCrl = { number: 0, thisUpdate: 0 }

async function readLast(transaction: StoreTransaction, issuerKeyId: string): Promise<LastCrl> {
  const selected = await transaction
    .selectFrom('crl')
    .select(['number', 'this_update'])
    .where('issuer_key_id', '=', issuerKeyId)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (selected === undefined) return NO_CRL
  const row = new StoredRow('crl', selected)
  return { number: row.integer('number'), thisUpdate: row.integer('this_update') }
}

async function readRevoked(
  transaction: StoreTransaction,
  issuerKeyId: string,
  since: number,
): Promise<readonly RevokedEntry[]> {
  const rows = await transaction
    .selectFrom('certificate')
    .select(['serial_number', 'revocation_reason', 'revoked_at'])
    .where('issuer_key_id', '=', issuerKeyId)
    .where('not_after', '>=', since)
    .where('revoked_at', 'is not', null)
    .orderBy('revoked_at')
    .orderBy('serial_number')
    .execute()
  return rows.map((selected) => {
    const row = new StoredRow('certificate', selected)
    return {
      serialNumber: row.hex('serial_number'),
      reason: row.keyOf('revocation_reason', REVOCATION_REASONS),
      revokedAt: row.integer('revoked_at'),
    }
  })
}
