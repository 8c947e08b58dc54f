import { join } from 'node:path'
import { labelOf, type Named } from '../issuers/authorities.ts'

/** Where a CA lies in its directory. */
export interface CaFiles {
  readonly directory: string
  /** The roots of the trust domain, in PEM: what verifiers trust. */
  readonly bundle: string
  /** What its certificates are like. */
  readonly profiles: string
  /** Its records, and its state, unless a configuration names another store. */
  readonly store: string
}

export function caFilesOf(directory: string): CaFiles {
  return {
    directory,
    bundle: join(directory, 'bundle.pem'),
    profiles: join(directory, 'profiles.yaml'),
    store: join(directory, 'ca.db'),
  }
}

/** The private key of a root or an intermediate. No other key ever takes its name. */
export function keyFileOf(directory: string, authority: Named): string {
  return join(directory, `${labelOf(authority)}.key`)
}

/** The request for an intermediate that a root elsewhere is to certify. */
export function requestFileOf(directory: string, authority: Named): string {
  return join(directory, `${labelOf(authority)}.csr`)
}

/** The bytes of a bundle statement that a root elsewhere is to sign. */
export function statementFileOf(directory: string, sequence: number): string {
  return join(directory, `bundle-${sequence}.json`)
}
