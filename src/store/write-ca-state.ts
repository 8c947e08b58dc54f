import { isDeepStrictEqual } from 'node:util'
import type { CaState } from '../ca/issuers/ca-state.ts'
import { authorityRowOf, statementRowOf } from './ca-state-rows.ts'
import type { StoreTransaction } from './database.ts'

/** Writes the rows in which two states differ. */
export async function writeChanges(transaction: StoreTransaction, former: CaState, state: CaState): Promise<void> {
  const authorities = differenceOf(
    former.authorities.map(authorityRowOf),
    state.authorities.map(authorityRowOf),
    ({ key_id }) => key_id,
  )
  for (const { key_id } of authorities.removed) {
    await transaction.deleteFrom('authority').where('key_id', '=', key_id).execute()
  }
  for (const row of authorities.written) {
    await transaction
      .insertInto('authority')
      .values(row)
      .onConflict((conflict) => conflict.column('key_id').doUpdateSet(row))
      .execute()
  }

  const statements = differenceOf(
    former.statements.map(statementRowOf),
    state.statements.map(statementRowOf),
    ({ epoch, sequence }) => `${epoch}.${sequence}`,
  )
  for (const { epoch, sequence } of statements.removed) {
    await transaction
      .deleteFrom('bundle_statement')
      .where('epoch', '=', epoch)
      .where('sequence', '=', sequence)
      .execute()
  }
  for (const row of statements.written) {
    await transaction
      .insertInto('bundle_statement')
      .values(row)
      .onConflict((conflict) => conflict.columns(['epoch', 'sequence']).doUpdateSet(row))
      .execute()
  }
}

interface Difference<Row> {
  readonly removed: readonly Row[]
  readonly written: readonly Row[]
}

function differenceOf<Row>(
  former: readonly Row[],
  latter: readonly Row[],
  keyOf: (row: Row) => string,
): Difference<Row> {
  const formerByKey = new Map(former.map((row) => [keyOf(row), row]))
  const keys = new Set(latter.map(keyOf))
  if (keys.size < latter.length) throw new TypeError('A state of the CA names the same authority or statement twice.')
  return {
    removed: former.filter((row) => !keys.has(keyOf(row))),
    written: latter.filter((row) => !isDeepStrictEqual(row, formerByKey.get(keyOf(row)))),
  }
}
