import { stat } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import type { RecordedCertificate } from '../../../src/ca/inventory.ts'
import { chainOf } from '../../../src/ca/issuers/authorities.ts'
import type { AuthorityRecord, CaState } from '../../../src/ca/issuers/ca-state.ts'
import type { Certificate } from '../../../src/identity/certificate.ts'
import { openStore } from '../../../src/store/open.ts'

/** What the store of a CA holds, read while no other process has it open. */
export interface Stored {
  readonly state: CaState
  /** The certificates of services, by serial number. */
  readonly records: ReadonlyMap<string, RecordedCertificate>
  /** Those of roots and intermediates. */
  readonly caCertificates: readonly Certificate[]
  /** The highest number of a CRL, by the key ID of its issuer. */
  readonly crlNumbers: ReadonlyMap<string, number>
}

/** Undefined where no CA is noted yet. */
export async function loadStored(file: string): Promise<Stored | undefined> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size === 0) return undefined
  const crlNumbers = readBySql(file)
  const store = await openStore(file, { create: true })
  try {
    const state = await store.ledger.read()
    if (state === undefined) return undefined
    const records = await store.inventory.list({ serviceId: undefined, validAt: 0 })
    return {
      state,
      records: new Map(records.map((record) => [record.serialNumber, record])),
      caCertificates: state.authorities.flatMap(certificatesOf),
      crlNumbers,
    }
  } finally {
    await store.close()
  }
}

function certificatesOf(authority: AuthorityRecord): readonly Certificate[] {
  return authority.certificateChain === undefined ? [] : chainOf(authority)
}

/** Beside the store's own code: whether SQLite finds the file whole, and what no port tells. */
function readBySql(file: string): ReadonlyMap<string, number> {
  const database = new DatabaseSync(file)
  try {
    const found = database.prepare('pragma integrity_check').all()
    const isWhole = found.length === 1 && found[0]?.['integrity_check'] === 'ok'
    if (!isWhole) throw new Error(`${file} is damaged: ${JSON.stringify(found)}`)
    const isMigrated = database.prepare("select 1 from sqlite_master where name = 'crl'").get() !== undefined
    if (!isMigrated) return new Map()
    const rows = database.prepare('select issuer_key_id, max(number) as number from crl group by issuer_key_id').all()
    return new Map(rows.map((row) => [String(row['issuer_key_id']), Number(row['number'])]))
  } finally {
    database.close()
  }
}
