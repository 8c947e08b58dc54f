import { join } from 'node:path'
import { AuthError } from '../../core/errors.ts'
import type { CaHome } from '../directory/ca-home.ts'
import { hasKey, loadKey } from '../directory/key-files.ts'
import { loadState } from '../directory/load.ts'
import { chainOf, intermediatesOf, labelOf, rootOf, rootsOf } from '../issuers/authorities.ts'
import type { AuthorityRecord, CaState } from '../issuers/ca-state.ts'
import { createCrl, type IssuedCrl } from './create-crl.ts'
import type { CrlRegister, RevokedEntry } from './crl-register.ts'
import { replaceCrl } from './replace-crl.ts'

export interface PublishedCrl extends Omit<IssuedCrl, 'pem'> {
  readonly issuer: AuthorityRecord
  readonly file: string
}

export interface PublishedCrls {
  readonly crls: readonly PublishedCrl[]
  /** Those whose keys are kept elsewhere: their CRLs have to be made there. */
  readonly without: readonly AuthorityRecord[]
}

/** Another process may have written its CRL in between: then one more is made. */
const ATTEMPTS = 5

/**
 * Makes the next CRL of each root and intermediate that peers may meet, and writes it to a file of its own.
 * @throws AuthError CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export async function publishCrls(home: CaHome, register: CrlRegister, out: string): Promise<PublishedCrls> {
  const state = await loadState(home.directory, home.ledger)
  const issuers = [...rootsOf(state, 'active', 'retiring'), ...intermediatesOf(state, ['active', 'retiring'])]
  const crls: PublishedCrl[] = []
  const without: AuthorityRecord[] = []
  for (const issuer of issuers) {
    if (await hasKey(home.directory, issuer)) crls.push(await publishCrl(home, register, issuer, out))
    else without.push(issuer)
  }
  return { crls, without }
}

async function publishCrl(
  home: CaHome,
  register: CrlRegister,
  issuer: AuthorityRecord,
  out: string,
): Promise<PublishedCrl> {
  const key = await loadKey(home.directory, issuer, home.passphrase)
  const [certificate] = chainOf(issuer)
  const file = join(out, `${labelOf(issuer)}.crl`)
  const extraEntries = async () =>
    issuer.kind === 'root' ? distrustedBelow(await loadState(home.directory, home.ledger), issuer) : []
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const options = { now: home.clock(), validity: home.profiles.crl[issuer.kind], extraEntries }
    const { pem, ...crl } = await createCrl(certificate, key, register, options)
    if (await replaceCrl(file, { ...crl, pem }, home.ledger)) return { ...crl, issuer, file }
  }
  throw new AuthError(
    'CONFIGURATION_INVALID',
    `${file} has a CRL with a higher number than the store knows of: that is an earlier copy of the store. Peers may have seen the higher number, and take no lower one. Put the present store in its place, or move the file away.`,
  )
}

function distrustedBelow(state: CaState, root: AuthorityRecord): readonly RevokedEntry[] {
  return intermediatesOf(state, ['distrusted']).flatMap((intermediate) => {
    if (rootOf(state, intermediate)?.keyId !== root.keyId) return []
    const [{ serialNumber }] = chainOf(intermediate)
    return [{ serialNumber, reason: 'cACompromise', revokedAt: intermediate.since }]
  })
}
