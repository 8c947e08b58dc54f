import type { CaLedger, CaState, IssuerUsage, Usage } from '../ca/issuers/ca-state.ts'
import { AuthError } from '../core/errors.ts'
import { parseTrustDomain } from '../identity/service-id.ts'
import { appendChanges } from './append-changes.ts'
import { parseAuthorityRow, parseStatementRow } from './ca-state-rows.ts'
import { changesBetween } from './changes-of-state.ts'
import type { Database, StoreTransaction } from './database.ts'
import { StoredRow } from './stored-row.ts'
import { writeChanges } from './write-ca-state.ts'

export function createCaLedger(database: Database): CaLedger {
  return {
    read: () => database.read(readState),

    create: (state) =>
      database.write(async (transaction) => {
        if ((await readState(transaction)) !== undefined) {
          throw new AuthError('CONFIGURATION_INVALID', 'This store holds a CA already, and a CA is never overwritten.')
        }
        await transaction.insertInto('ca').values({ id: CA_ID, trust_domain: state.trustDomain }).execute()
        const now = Math.max(0, ...state.authorities.map(({ since }) => since))
        await write(transaction, { ...state, authorities: [], statements: [] }, state, now)
      }),

    update: (change, now) =>
      database.write(async (transaction) => {
        const state = await requireState(transaction)
        const changed = await change(state, await readUsage(transaction, now))
        if (changed.trustDomain !== state.trustDomain) throw new TypeError('The trust domain of a CA never changes.')
        await write(transaction, state, changed, now)
        return changed
      }),

    hold: (work) => database.write(async (transaction) => work(await requireState(transaction))),
  }
}

/** A store holds one CA. */
const CA_ID = 1

/** Verifiers hear of it by the trust log. Who asked for a step of a rotation is noted with the authorities themselves. */
async function write(transaction: StoreTransaction, former: CaState, state: CaState, now: number): Promise<void> {
  await writeChanges(transaction, former, state)
  const changes = changesBetween(former, state)
  if (changes.length > 0) await appendChanges(transaction, changes, { by: 'ca', at: now, reason: '' })
}

async function readState(transaction: StoreTransaction): Promise<CaState | undefined> {
  const ca = await transaction.selectFrom('ca').select('trust_domain').where('id', '=', CA_ID).executeTakeFirst()
  if (ca === undefined) return undefined
  const authorities = await transaction.selectFrom('authority').selectAll().orderBy('position').execute()
  const statements = await transaction
    .selectFrom('bundle_statement')
    .selectAll()
    .orderBy('epoch')
    .orderBy('sequence')
    .execute()
  return {
    trustDomain: new StoredRow('ca', ca).parsed('trust_domain', parseTrustDomain),
    authorities: authorities.map(parseAuthorityRow),
    statements: statements.map(parseStatementRow),
  }
}

async function requireState(transaction: StoreTransaction): Promise<CaState> {
  const state = await readState(transaction)
  if (state !== undefined) return state
  throw new AuthError('CONFIGURATION_INVALID', 'This store holds no CA. "countersign ca init" makes one.')
}

async function readUsage(transaction: StoreTransaction, now: number): Promise<Usage> {
  const rows = await transaction
    .selectFrom('certificate')
    .select(({ fn }) => [
      'issuer_key_id',
      fn.countAll<number>().as('live_count'),
      fn.max<number>('not_after').as('last_not_after'),
      fn.min<number>('recorded_at').as('first_recorded_at'),
    ])
    .where('not_after', '>=', now)
    .where('revoked_at', 'is', null)
    .groupBy('issuer_key_id')
    .execute()
  return new Map(
    rows.map((selected): [string, IssuerUsage] => {
      const row = new StoredRow('certificate', selected)
      return [
        row.hex('issuer_key_id'),
        {
          liveCount: row.integer('live_count'),
          lastNotAfter: row.integer('last_not_after'),
          firstRecordedAt: row.integer('first_recorded_at'),
        },
      ]
    }),
  )
}
