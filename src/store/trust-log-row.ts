import type { Insertable, Selectable } from 'kysely'
import type { Origin } from '../authority/log/trust-log.ts'
import { sha256Base64Url } from '../core/encoding.ts'
import { LEEWAY_SECONDS, MAX_LIFETIME_SECONDS } from '../token/verify.ts'
import {
  type KeyPublication,
  LAST_SECOND,
  MAX_ID_LENGTH,
  type RevokedById,
  type RevokedUpTo,
  type RootsStatement,
  type TrustChange,
} from '../trust/change.ts'
import { parseKeyStatement } from '../trust/published-key.ts'
import type { Schema } from './schema.ts'
import { damagedRecord } from './store-failure.ts'
import { StoredRow } from './stored-row.ts'

type Table = Schema['trust_log']
type Column = 'kind' | 'id' | 'sequence' | 'value' | 'payload'

/** The value of a block that is lifted. */
export const LIFTED = 0
const BLOCKED = 1

/** @throws AuthError REQUEST_INVALID for a key whose statement is malformed */
export function trustLogRowOf(change: TrustChange, sequence: number, origin: Origin): Insertable<Table> {
  const { by: recorded_by, at: recorded_at, reason } = origin
  return { kind: change.kind, sequence, ...columnsOf(change), reason, recorded_by, recorded_at }
}

/** @throws AuthError STORE_UNAVAILABLE for a row that is not as it was written */
export function parseTrustLogRow(selected: Pick<Selectable<Table>, Column>): TrustChange {
  const row = new StoredRow('trust_log', selected)
  row.integer('sequence') // else it has no place, and the next part may miss it
  return PARSERS[row.keyOf('kind', PARSERS)](row)
}

type Columns = Pick<Insertable<Table>, 'id' | 'value' | 'payload' | 'expires_at'>

function columnsOf(change: TrustChange): Columns {
  switch (change.kind) {
    case 'key':
      return keyColumns(change)
    case 'roots':
      return rootsColumns(change)
    case 'block':
      return { id: change.id, value: change.isLifted ? LIFTED : BLOCKED, payload: null, expires_at: null }
    case 'subject':
    case 'client':
    case 'service':
      return { id: change.id, value: change.upTo, payload: null, expires_at: (change.upTo + LONGEST_LIFE) * 1000 }
    default: {
      const until = Math.min(change.until, LAST_SECOND)
      return { id: change.id, value: until, payload: null, expires_at: until === LAST_SECOND ? null : until * 1000 }
    }
  }
}

/** By when a token has expired that a floor refuses: it may have been issued a bit after it. */
const LONGEST_LIFE = LEEWAY_SECONDS + MAX_LIFETIME_SECONDS

function keyColumns(publication: KeyPublication): Columns {
  const { id, statement, signature, certificateChain } = publication
  const chain = certificateChain.map((certificate) => certificate.toString('base64'))
  return {
    id,
    value: 0,
    payload: JSON.stringify({ statement, signature: signature.toString('base64'), certificateChain: chain }),
    expires_at: parseKeyStatement(publication).expiresAt * 1000,
  }
}

function rootsColumns({ text, signature }: RootsStatement): Columns {
  const payload = JSON.stringify({ text, signature: signature.toString('base64') })
  return { id: sha256Base64Url(text), value: 0, payload, expires_at: null }
}

type Row = StoredRow<Column>

const PARSERS: Readonly<Record<TrustChange['kind'], (row: Row) => TrustChange>> = {
  key: (row) => ({ kind: 'key', id: row.text('id'), ...row.parsed('payload', parseKey) }),
  roots: (row) => ({ kind: 'roots', ...row.parsed('payload', parseRoots) }),
  token: byId('token'),
  grant: byId('grant'),
  certificate: byId('certificate'),
  intermediate: byId('intermediate'),
  signingKey: byId('signingKey'),
  subject: upTo('subject'),
  client: upTo('client'),
  service: upTo('service'),
  // Whatever else stands there: a block is lifted by nothing that is damaged.
  block: (row) => ({ kind: 'block', id: idOf(row), isLifted: row.integer('value') === LIFTED }),
}

function byId(kind: RevokedById['kind']) {
  return (row: Row): RevokedById => ({ kind, id: idOf(row), until: secondOf(row) })
}

function upTo(kind: RevokedUpTo['kind']) {
  return (row: Row): RevokedUpTo => ({ kind, id: idOf(row), upTo: secondOf(row) })
}

/** As it travels: every verifier would refuse the message that it is in, and all that is in there with it. */
function idOf(row: Row): string {
  return row.parsed('id', (id) => {
    if (id !== '' && id.length <= MAX_ID_LENGTH) return id
    throw new TypeError('empty, or too long')
  })
}

/** As it travels: a higher one would arrive as another, lower one. */
function secondOf(row: Row): number {
  const second = row.integer('value')
  if (second >= 0 && second <= LAST_SECOND) return second
  throw damagedRecord(`trust_log.value: ${second} is no time`)
}

function parseKey(json: string) {
  const { statement, signature, certificateChain } = JSON.parse(json)
  if (!Array.isArray(certificateChain)) throw new TypeError('no chain of certificates')
  return {
    statement: requireText(statement),
    signature: requireBytes(signature),
    certificateChain: certificateChain.map(requireBytes),
  }
}

function parseRoots(json: string) {
  const { text, signature } = JSON.parse(json)
  return { text: requireText(text), signature: requireBytes(signature) }
}

function requireText(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError('no text')
}

function requireBytes(value: unknown): Buffer {
  return Buffer.from(requireText(value), 'base64')
}
