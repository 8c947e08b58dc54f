import type { CrlRegister, RevokedEntry } from '../ca/crl/crl-register.ts'
import { REVOCATION_REASONS } from '../ca/revocation.ts'
import { toEpochSeconds } from '../core/clock.ts'
import type { Database, StoreTransaction } from './database.ts'
import { StoredRow } from './stored-row.ts'

export function createCrlRegister(database: Database): CrlRegister {
  return {
    next: (issuerKeyId, { thisUpdate, nextUpdate }) =>
      database.write(async (transaction) => {
        const [last, beforeLast] = await readLatest(transaction, issuerKeyId)
        // Seconds since 1970, where that is more: numbers rise on though the store was restored from a backup.
        const number = Math.max((last?.number ?? 0) + 1, toEpochSeconds(thisUpdate))
        await transaction
          .insertInto('crl')
          .values({ issuer_key_id: issuerKeyId, number, this_update: thisUpdate, next_update: nextUpdate })
          .execute()
        // The last one may never have been made. What has not expired now is never left out, wherever the clock was.
        const since = Math.min(beforeLast?.thisUpdate ?? 0, thisUpdate)
        return { number, revoked: await readRevoked(transaction, issuerKeyId, since) }
      }),
  }
}

interface NumberedCrl {
  readonly number: number
  readonly thisUpdate: number
}

/** The two that came last, the later one first. */
async function readLatest(transaction: StoreTransaction, issuerKeyId: string): Promise<readonly NumberedCrl[]> {
  const rows = await transaction
    .selectFrom('crl')
    .select(['number', 'this_update'])
    .where('issuer_key_id', '=', issuerKeyId)
    .orderBy('number', 'desc')
    .limit(2)
    .execute()
  return rows.map((selected) => {
    const row = new StoredRow('crl', selected)
    return { number: row.integer('number'), thisUpdate: row.integer('this_update') }
  })
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
