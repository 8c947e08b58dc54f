import { join } from 'node:path'
import type { CaHome } from '../directory/ca-home.ts'
import { CERTIFICATE_MODE, replaceFiles } from '../directory/durable-files.ts'
import { hasKey, loadKey } from '../directory/key-files.ts'
import { loadState } from '../directory/load.ts'
import { chainOf, intermediatesOf, labelOf, rootOf, rootsOf } from '../issuers/authorities.ts'
import type { AuthorityRecord, CaState } from '../issuers/ca-state.ts'
import type { CrlRegister, RevokedEntry } from '../revocation.ts'
import { createCrl, type IssuedCrl } from './create-crl.ts'

export interface PublishedCrl extends Omit<IssuedCrl, 'pem'> {
  readonly issuer: AuthorityRecord
  readonly file: string
}

export interface PublishedCrls {
  readonly crls: readonly PublishedCrl[]
  /** Those whose keys are kept elsewhere: their CRLs have to be made there. */
  readonly without: readonly AuthorityRecord[]
}

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
    if (await hasKey(home.directory, issuer)) crls.push(await publishCrl(home, register, state, issuer, out))
    else without.push(issuer)
  }
  return { crls, without }
}

async function publishCrl(
  home: CaHome,
  register: CrlRegister,
  state: CaState,
  issuer: AuthorityRecord,
  out: string,
): Promise<PublishedCrl> {
  const key = await loadKey(home.directory, issuer, home.passphrase)
  const [certificate] = chainOf(issuer)
  const { pem, ...crl } = await createCrl(certificate, key, register, {
    now: home.clock(),
    validity: home.profiles.crl[issuer.kind],
    extraEntries: issuer.kind === 'root' ? distrustedBelow(state, issuer) : [],
  })
  const file = join(out, `${labelOf(issuer)}.crl`)
  await replaceFiles([{ file, text: pem, mode: CERTIFICATE_MODE }])
  return { ...crl, issuer, file }
}

function distrustedBelow(state: CaState, root: AuthorityRecord): readonly RevokedEntry[] {
  return intermediatesOf(state, ['distrusted']).flatMap((intermediate) => {
    if (rootOf(state, intermediate)?.keyId !== root.keyId) return []
    const [{ serialNumber }] = chainOf(intermediate)
    return [{ serialNumber, reason: 'cACompromise', revokedAt: intermediate.since }]
  })
}
