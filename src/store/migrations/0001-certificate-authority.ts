import { type Kysely, sql } from 'kysely'

/** The CA's state, and what it has issued and revoked. */
export async function up(kysely: Kysely<unknown>): Promise<void> {
  const { schema } = kysely

  await schema
    .createTable('ca')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('trust_domain', 'text', (column) => column.notNull())
    .execute()

  await schema
    .createTable('authority')
    .addColumn('key_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('key_thumbprint', 'text', (column) => column.notNull().unique())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('certificate_chain', 'text')
    .addColumn('requested_by', 'text', (column) => column.notNull())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .execute()

  await schema
    .createTable('bundle_statement')
    .addColumn('epoch', 'bigint', (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('signature', 'text')
    .addPrimaryKeyConstraint('bundle_statement_key', ['epoch', 'sequence'])
    .execute()

  await schema
    .createTable('certified_key')
    .addColumn('key_thumbprint', 'text', (column) => column.primaryKey().notNull())
    .addColumn('service_id', 'text', (column) => column.notNull())
    .execute()

  await schema
    .createTable('certificate')
    .addColumn('serial_number', 'text', (column) => column.primaryKey().notNull())
    .addColumn('service_id', 'text', (column) => column.notNull())
    .addColumn('dns_names', 'text', (column) => column.notNull())
    .addColumn('key_thumbprint', 'text', (column) => column.notNull())
    .addColumn('issuer_key_id', 'text', (column) => column.notNull().references('authority.key_id'))
    .addColumn('not_before', 'bigint', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('requested_by', 'text', (column) => column.notNull())
    .addColumn('renews', 'text')
    .addColumn('recorded_at', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .addColumn('revocation_reason', 'text')
    .addColumn('revoked_by', 'text')
    .execute()
  await schema.createIndex('certificate_by_service').on('certificate').columns(['service_id', 'not_after']).execute()
  await schema.createIndex('certificate_by_issuer').on('certificate').columns(['issuer_key_id', 'not_after']).execute()
  await schema
    .createIndex('certificate_revoked')
    .on('certificate')
    .columns(['issuer_key_id', 'not_after'])
    .where(sql.ref('revoked_at'), 'is not', null)
    .execute()
  await schema
    .createIndex('certificate_compromised')
    .on('certificate')
    .columns(['key_thumbprint'])
    .where(sql.ref('revocation_reason'), '=', 'keyCompromise')
    .execute()

  await schema
    .createTable('revoked_service')
    .addColumn('service_id', 'text', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint', (column) => column.notNull())
    .addColumn('revocation_reason', 'text', (column) => column.notNull())
    .addColumn('revoked_by', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('revoked_service_key', ['service_id', 'revoked_at'])
    .execute()

  await schema
    .createTable('crl')
    .addColumn('issuer_key_id', 'text', (column) => column.notNull())
    .addColumn('number', 'bigint', (column) => column.notNull())
    .addColumn('this_update', 'bigint', (column) => column.notNull())
    .addColumn('next_update', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('crl_key', ['issuer_key_id', 'number'])
    .execute()
}
