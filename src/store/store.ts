import type { TrustLog } from '../authority/log/trust-log.ts'
import type { CrlRegister } from '../ca/crl/crl-register.ts'
import type { CertificateRecord, Inventory } from '../ca/inventory.ts'
import type { CaLedger } from '../ca/issuers/ca-state.ts'
import type { Revocations } from '../ca/revocations.ts'
import { createCaLedger } from './ca-ledger.ts'
import { createCrlRegister } from './crl-register.ts'
import type { Database } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { createInventory } from './inventory.ts'
import { recordCertificates } from './record-certificates.ts'
import { createRevocations } from './revocations.ts'
import { createTrustLog } from './trust-log.ts'

/** What a CA keeps. Whatever fails is an AuthError: STORE_UNAVAILABLE where it is the store that does. */
export interface Store {
  readonly inventory: Inventory
  readonly revocations: Revocations
  readonly crlRegister: CrlRegister
  readonly ledger: CaLedger
  readonly trustLog: TrustLog
  /** Waits for what is under way. What comes later is refused. */
  close(): Promise<void>
}

const MAX_BATCH = 256

/** @param database migrated; closed with the store */
export function createStore(database: Database): Store {
  const records = new GroupCommit<CertificateRecord>({
    commit: (batch) => database.write((transaction) => recordCertificates(transaction, batch)),
    maxBatch: MAX_BATCH,
  })
  return {
    inventory: createInventory(database, records),
    revocations: createRevocations(database),
    crlRegister: createCrlRegister(database),
    ledger: createCaLedger(database),
    trustLog: createTrustLog(database),
    async close() {
      await records.close()
      await database.close()
    },
  }
}
