import type { Migration } from 'kysely/migration'
import * as certificateAuthority from './0001-certificate-authority.ts'
import * as trustLog from './0002-trust-log.ts'

/** In the order of their names. One that was released is never changed: what comes later is another one. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-certificate-authority': certificateAuthority,
  '0002-trust-log': trustLog,
}
