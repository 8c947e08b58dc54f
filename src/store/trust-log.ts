import type { TrustLog } from '../authority/log/trust-log.ts'
import { LEEWAY_SECONDS } from '../token/verify.ts'
import type { Revision } from '../trust/revision.ts'
import { appendChanges } from './append-changes.ts'
import type { Database, StoreTransaction } from './database.ts'
import { StoredRow } from './stored-row.ts'
import { parseTrustLogRow } from './trust-log-row.ts'
import { parseRevisionRow } from './trust-revision-row.ts'

export function createTrustLog(database: Database): TrustLog {
  return {
    append: (changes, origin) => database.write((transaction) => appendChanges(transaction, changes, origin)),

    read: (after, limit) =>
      database.read(async (transaction) => {
        const end = await readEnd(transaction)
        const start = isOf(end, after) ? after.sequence : 0
        if (start === end.sequence) return { revision: end, changes: [], isLast: true }
        const last = await lastOfPart(transaction, start, limit)
        // What was written last may be gone, as it came again later or was pruned: the log ends where the counter stands.
        const isLast = last === undefined || last >= end.sequence
        const changes = await readChanges(transaction, start, isLast ? undefined : last)
        return { revision: isLast ? end : { epoch: end.epoch, sequence: last }, changes, isLast }
      }),

    requestKeyRotation: ({ at, by, reason }) =>
      database.write(async (transaction) => {
        // Authorities compare it with the one before, whose clock may have been ahead.
        const requested_at = Math.max(at, (await lastRotation(transaction)) + 1)
        await transaction.insertInto('key_rotation').values({ requested_at, requested_by: by, reason }).execute()
      }),

    keyRotationRequestedAt: () => database.read(lastRotation),

    prune: (now) => database.write((transaction) => prune(transaction, now)),
  }
}

async function lastRotation(transaction: StoreTransaction): Promise<number> {
  const last = await transaction
    .selectFrom('key_rotation')
    .select('requested_at')
    .orderBy('requested_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last === undefined ? 0 : new StoredRow('key_rotation', last).integer('requested_at')
}

async function readEnd(transaction: StoreTransaction): Promise<Revision> {
  return parseRevisionRow(
    await transaction.selectFrom('trust_revision').select(['epoch', 'sequence']).executeTakeFirst(),
  )
}

/** A revision that this log cannot have given begins it anew, such as one from before the store was restored. */
function isOf(end: Revision, revision: Revision | undefined): revision is Revision {
  return revision !== undefined && revision.epoch === end.epoch && revision.sequence <= end.sequence
}

/** The sequence of the last of `limit` changes; undefined where there are not as many. */
async function lastOfPart(transaction: StoreTransaction, start: number, limit: number): Promise<number | undefined> {
  const selected = await transaction
    .selectFrom('trust_log')
    .select('sequence')
    .where('sequence', '>', start)
    .orderBy('sequence')
    .offset(limit - 1)
    .limit(1)
    .executeTakeFirst()
  return selected && new StoredRow('trust_log', selected).integer('sequence')
}

/** @param last undefined: to the end */
async function readChanges(transaction: StoreTransaction, start: number, last: number | undefined) {
  const rows = await transaction
    .selectFrom('trust_log')
    .select(['kind', 'id', 'sequence', 'value', 'payload'])
    .where('sequence', '>', start)
    .$if(last !== undefined, (query) => query.where('sequence', '<=', last ?? start))
    .orderBy('sequence')
    .execute()
  return rows.map(parseTrustLogRow)
}

/** So few that writers hardly wait. */
const PRUNED_AT_A_TIME = 1_000

async function prune(transaction: StoreTransaction, now: number): Promise<boolean> {
  const { numDeletedRows } = await transaction
    .deleteFrom('trust_log')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('kind', 'id'),
        'in',
        selectFrom('trust_log')
          .select(['kind', 'id'])
          .where('expires_at', '<', now - 2 * LEEWAY_SECONDS * 1000)
          .orderBy('expires_at')
          .limit(PRUNED_AT_A_TIME)
          .$asTuple('kind', 'id'),
      ),
    )
    .executeTakeFirst()
  return Number(numDeletedRows) === PRUNED_AT_A_TIME
}
