import type { Insertable, Selectable } from 'kysely'
import type { AuthorityRecord, AuthorityState, RecordedStatement } from '../ca/issuers/ca-state.ts'
import { parseAuthorityName } from '../ca/issuers/intermediate-name.ts'
import type { Schema } from './schema.ts'
import { StoredRow } from './stored-row.ts'

const KINDS: Readonly<Record<AuthorityRecord['kind'], true>> = { root: true, intermediate: true }

const STATES: Readonly<Record<AuthorityState, true>> = {
  requested: true,
  prepared: true,
  active: true,
  retiring: true,
  retired: true,
  distrusted: true,
}

export function authorityRowOf(authority: AuthorityRecord, position: number): Insertable<Schema['authority']> {
  return {
    key_id: authority.keyId,
    kind: authority.kind,
    name: authority.name,
    key_thumbprint: authority.keyThumbprint,
    state: authority.state,
    certificate_chain: authority.certificateChain ?? null,
    requested_by: authority.requestedBy,
    since: authority.since,
    position,
  }
}

/** @throws AuthError STORE_UNAVAILABLE for a row that is not as it was written */
export function parseAuthorityRow(selected: Selectable<Schema['authority']>): AuthorityRecord {
  const row = new StoredRow('authority', selected)
  return {
    kind: row.keyOf('kind', KINDS),
    name: row.parsed('name', parseAuthorityName),
    keyId: row.hex('key_id'),
    keyThumbprint: row.text('key_thumbprint'),
    state: row.keyOf('state', STATES),
    certificateChain: row.isNull('certificate_chain') ? undefined : row.text('certificate_chain'),
    requestedBy: row.text('requested_by'),
    since: row.integer('since'),
  }
}

export function statementRowOf(statement: RecordedStatement): Insertable<Schema['bundle_statement']> {
  return { ...statement, signature: statement.signature ?? null }
}

/** @throws AuthError STORE_UNAVAILABLE for a row that is not as it was written */
export function parseStatementRow(selected: Selectable<Schema['bundle_statement']>): RecordedStatement {
  const row = new StoredRow('bundle_statement', selected)
  return {
    epoch: row.integer('epoch'),
    sequence: row.integer('sequence'),
    text: row.text('text'),
    signature: row.isNull('signature') ? undefined : row.text('signature'),
  }
}
