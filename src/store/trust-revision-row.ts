import type { Selectable } from 'kysely'
import type { Revision } from '../trust/revision.ts'
import type { Schema } from './schema.ts'
import { damagedRecord } from './store-failure.ts'
import { StoredRow } from './stored-row.ts'

type Selected = Pick<Selectable<Schema['trust_revision']>, 'epoch' | 'sequence'>

/** @throws AuthError STORE_UNAVAILABLE where there is none, or it is not as it was written */
export function parseRevisionRow(selected: Selected | undefined): Revision {
  if (selected === undefined) throw damagedRecord('trust_revision: no row')
  const row = new StoredRow('trust_revision', selected)
  return { epoch: row.integer('epoch'), sequence: row.integer('sequence') }
}
