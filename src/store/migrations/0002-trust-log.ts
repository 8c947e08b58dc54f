import { type Kysely, sql } from 'kysely'
import { systemClock, toEpochSeconds } from '../../core/clock.ts'
import { sha256Base64Url } from '../../core/encoding.ts'
import { StoredRow } from '../stored-row.ts'

/** The log of what verifiers trust, with all that has been revoked, distrusted and stated so far. */
export async function up(kysely: Kysely<unknown>): Promise<void> {
  const { schema } = kysely

  await schema
    .createTable('trust_revision')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('epoch', 'bigint', (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .execute()

  await schema
    .createTable('trust_log')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('value', 'bigint', (column) => column.notNull())
    .addColumn('payload', 'text')
    .addColumn('expires_at', 'bigint')
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('recorded_by', 'text', (column) => column.notNull())
    .addColumn('recorded_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('trust_log_key', ['kind', 'id'])
    .execute()
  await schema.createIndex('trust_log_by_sequence').on('trust_log').columns(['sequence']).execute()
  await schema.createIndex('trust_log_by_expiry').on('trust_log').columns(['expires_at']).execute()

  await schema
    .createTable('key_rotation')
    .addColumn('requested_at', 'bigint', (column) => column.primaryKey().notNull())
    .addColumn('requested_by', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .execute()

  const now = toEpochSeconds(systemClock())
  await fillStatements(kysely)
  await fillIntermediates(kysely)
  await fillCertificates(kysely, now)
  await fillServices(kysely, now)
  await sql`insert into trust_revision (id, epoch, sequence) values (1, 1, ${await lastSequence(kysely)})`.execute(
    kysely,
  )
}

/** At most as many changes have one revision. Written into statements: as a parameter it would be divided by with a fraction. */
const REVISION_SIZE = 1_000

/** The longest life of a token and what clocks may differ by: what was issued up to a floor has expired then. */
const FLOOR_SECONDS = 3_690

/** Verifiers that take clocks for 30 s wrong, on either side. */
const LEEWAY_SECONDS = 60

/** One that is distrusted is so for good. */
const LAST_SECOND = 2 ** 32 - 1

async function lastSequence(kysely: Kysely<unknown>): Promise<number> {
  const { rows } = await sql<{ last: number }>`select coalesce(max(sequence), 0) as last from trust_log`.execute(kysely)
  return rows[0]?.last ?? 0
}

/** Each of them is verified by those before it, so that each has a revision of its own. */
async function fillStatements(kysely: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ text: unknown; signature: unknown }>`
    select text, signature from bundle_statement where signature is not null order by epoch, sequence`.execute(kysely)
  for (const [index, selected] of rows.entries()) {
    const row = new StoredRow('bundle_statement', selected)
    const text = row.text('text')
    const payload = JSON.stringify({ text, signature: row.text('signature') })
    await sql`
      insert into trust_log (kind, id, sequence, value, payload, reason, recorded_by, recorded_at)
      values ('roots', ${sha256Base64Url(text)}, ${index + 1}, 0, ${payload}, '', 'ca', 0)`.execute(kysely)
  }
}

async function fillIntermediates(kysely: Kysely<unknown>): Promise<void> {
  const sequence = (await lastSequence(kysely)) + 1
  await sql`
    insert into trust_log (kind, id, sequence, value, reason, recorded_by, recorded_at)
    select 'intermediate', key_id, ${sequence}, ${LAST_SECOND}, 'distrusted', 'ca', since
    from authority where kind = 'intermediate' and state = 'distrusted'`.execute(kysely)
}

async function fillCertificates(kysely: Kysely<unknown>, now: number): Promise<void> {
  const first = (await lastSequence(kysely)) + 1
  await sql`
    insert into trust_log (kind, id, sequence, value, expires_at, reason, recorded_by, recorded_at)
    select 'certificate', serial_number, ${first} + (row_number() over (order by serial_number) - 1) / ${sql.lit(REVISION_SIZE)},
      not_after / 1000 + 1, (not_after / 1000 + 1) * 1000, revocation_reason, revoked_by, revoked_at
    from certificate where revoked_at is not null and not_after >= ${(now - LEEWAY_SECONDS) * 1000}`.execute(kysely)
}

async function fillServices(kysely: Kysely<unknown>, now: number): Promise<void> {
  const first = (await lastSequence(kysely)) + 1
  await sql`
    insert into trust_log (kind, id, sequence, value, expires_at, reason, recorded_by, recorded_at)
    select 'service', service_id, ${first} + (row_number() over (order by service_id) - 1) / ${sql.lit(REVISION_SIZE)},
      revoked_at / 1000, (revoked_at / 1000 + ${FLOOR_SECONDS}) * 1000, revocation_reason, revoked_by, revoked_at
    from revoked_service as last
    where revoked_at >= ${(now - FLOOR_SECONDS - LEEWAY_SECONDS) * 1000}
      and revoked_at = (select max(revoked_at) from revoked_service where service_id = last.service_id)`.execute(kysely)
}
