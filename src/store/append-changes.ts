import { type Insertable, type SqlBool, sql } from 'kysely'
import type { Origin } from '../authority/log/trust-log.ts'
import type { TrustChange } from '../trust/change.ts'
import type { Revision } from '../trust/revision.ts'
import type { StoreTransaction } from './database.ts'
import type { Schema } from './schema.ts'
import { trustLogRowOf } from './trust-log-row.ts'
import { parseRevisionRow } from './trust-revision-row.ts'

/**
 * Adds changes to the trust log, for whoever writes what verifiers must hear of.
 * @returns the revision at which they stand once the transaction is committed
 * @throws AuthError REQUEST_INVALID for a key whose statement is malformed
 */
export async function appendChanges(
  transaction: StoreTransaction,
  changes: readonly TrustChange[],
  origin: Origin,
): Promise<Revision> {
  const parts = partsOf(changes)
  // Locks the row until the transaction ends: whoever comes later gets a later sequence, and commits later.
  const counter = await transaction
    .updateTable('trust_revision')
    .set({ sequence: sql<number>`sequence + ${parts.length}` })
    .returning(['epoch', 'sequence'])
    .executeTakeFirst()
  const revision = parseRevisionRow(counter)
  for (const [index, part] of parts.entries()) {
    const sequence = revision.sequence - parts.length + index + 1
    const rows = part.map((change) => trustLogRowOf(change, sequence, origin))
    await write(transaction, rows)
  }
  return revision
}

/** At most as many changes have one revision: a verifier takes all of one at once. */
const REVISION_SIZE = 1_000

/**
 * The changes of each revision. One thing changes once in it; roots are stated one after the other, since each statement is
 * verified by those before it.
 */
function partsOf(changes: readonly TrustChange[]): readonly (readonly TrustChange[])[] {
  const parts: TrustChange[][] = []
  let names = new Set<string>()
  for (const change of changes) {
    const name = change.kind === 'roots' ? 'roots' : `${change.kind} ${change.id}`
    const last = parts.at(-1)
    const isPart = last !== undefined && last.length < REVISION_SIZE && change.kind !== 'roots' && !names.has('roots')
    if (isPart && !names.has(name)) {
      last.push(change)
      names.add(name)
    } else {
      parts.push([change])
      names = new Set([name])
    }
  }
  return parts
}

type Row = Insertable<Schema['trust_log']>

async function write(transaction: StoreTransaction, rows: readonly Row[]): Promise<void> {
  await transaction
    .insertInto('trust_log')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['kind', 'id'])
        .doUpdateSet({
          sequence: sql<number>`excluded.sequence`,
          value: sql<number>`case when ${IS_LOWER} then trust_log.value else excluded.value end`,
          payload: sql<string | null>`excluded.payload`,
          expires_at: sql<
            number | null
          >`case when ${MATTERED_LONGER} then trust_log.expires_at else excluded.expires_at end`,
          reason: sql<string>`excluded.reason`,
          recorded_by: sql<string>`excluded.recorded_by`,
          recorded_at: sql<number>`excluded.recorded_at`,
        })
        // A statement keeps its place among the others.
        .where('trust_log.kind', '<>', 'roots'),
    )
    .execute()
}

/** What was revoked for longer, or further, stays so. */
const IS_LOWER = sql<SqlBool>`trust_log.kind <> 'block' and trust_log.value > excluded.value`

/** Whoever has heard of a key with a later end is to hear of the earlier one, however long that takes. */
const MATTERED_LONGER = sql<SqlBool>`${IS_LOWER} or (trust_log.kind = 'key' and trust_log.expires_at > excluded.expires_at)`
