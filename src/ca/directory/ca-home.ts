import type { Clock } from '../../core/clock.ts'
import type { Passphrase } from '../../identity/passphrase.ts'
import type { Profiles } from '../certificate/profiles.ts'
import type { CaLedger } from '../issuers/ca-state.ts'
import type { KeyProtection } from './key-files.ts'

/** What the steps work on that change a CA. */
export interface CaHome {
  readonly directory: string
  readonly ledger: CaLedger
  readonly profiles: Profiles
  /** Of the keys that are here; undefined where they are not encrypted. */
  readonly passphrase: Passphrase | undefined
  /** For the record: `operator:alice`. */
  readonly requestedBy: string
  readonly clock: Clock
}

/** Where a step leaves the key that it makes. */
export interface KeyPlace {
  readonly directory: string
  readonly protection: KeyProtection
}
