import type { Clock } from '../../core/clock.ts'
import { AuthError } from '../../core/errors.ts'
import type { Passphrase } from '../../identity/passphrase.ts'
import { loadProfiles } from '../certificate/profiles.ts'
import { type CertificateAuthority, certificateAuthorityOf } from '../certificate-authority.ts'
import type { Inventory } from '../inventory.ts'
import { chainOf, intermediatesOf, labelOf } from '../issuers/authorities.ts'
import type { AuthorityRecord, CaLedger, CaState } from '../issuers/ca-state.ts'
import { chainProblem } from '../issuers/issuer-chain.ts'
import { loadBundle, writeBundle } from './bundle.ts'
import { caFilesOf } from './ca-files.ts'
import { hasKey, loadKey } from './key-files.ts'

export interface LoadOptions {
  readonly directory: string
  readonly ledger: CaLedger
  readonly inventory: Inventory
  /** Of the intermediate's key; undefined where that is not encrypted. */
  readonly passphrase: Passphrase | undefined
  readonly clock: Clock
}

/**
 * Loads the CA of a directory: the active intermediate whose key it has. Checks that its parts belong together and are
 * valid now. The root's key is not read: it may be kept elsewhere.
 * @throws AuthError CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export async function loadCertificateAuthority(options: LoadOptions): Promise<CertificateAuthority> {
  const { directory, ledger, inventory, passphrase, clock } = options
  await loadState(directory, ledger)
  // Together: a rotation that came between would make the one look wrong beside the other.
  const { state, roots } = await ledger.hold(async (held) => {
    const bundle = await loadBundle(directory, held, clock())
    // A root that was taken out states nothing any more, in a further authority's directory either.
    await writeBundle(directory, bundle)
    return { state: held, roots: bundle }
  })
  const intermediate = await ownIntermediate(directory, state)
  const chain = chainOf(intermediate)
  const problem = chainProblem(state.trustDomain, chain, roots, clock())
  if (problem !== undefined) throw invalid(`${labelOf(intermediate)}: ${problem}.`)
  const key = await loadKey(directory, intermediate, passphrase)
  const profiles = await loadProfiles(caFilesOf(directory).profiles)
  const issuer = { trustDomain: state.trustDomain, roots, chain, key }
  return certificateAuthorityOf(issuer, { clock, inventory, profile: profiles.service })
}

/** @throws AuthError CONFIGURATION_INVALID where no CA has been made */
export async function loadState(directory: string, ledger: CaLedger): Promise<CaState> {
  const state = await ledger.read()
  if (state !== undefined) return state
  throw new AuthError(
    'CONFIGURATION_INVALID',
    `The store of ${directory} holds no CA. "countersign ca init" makes one.`,
  )
}

/** Of several that serve side by side, each has its key in a directory of its own. */
async function ownIntermediate(directory: string, state: CaState): Promise<AuthorityRecord> {
  const active = intermediatesOf(state, ['active'])
  const isHere = await Promise.all(active.map((intermediate) => hasKey(directory, intermediate)))
  const [own, ...others] = active.filter((_, index) => isHere[index])
  if (own === undefined) {
    throw invalid(`${directory} has the key of no active intermediate. "countersign ca list" shows what there is.`)
  }
  if (others.length > 0) {
    const labels = [own, ...others].map(labelOf).join(', ')
    throw invalid(
      `${directory} has the keys of several active intermediates, and issues with one: ${labels}. Move the other keys to directories of their own.`,
    )
  }
  return own
}

function invalid(message: string): AuthError {
  return new AuthError('CONFIGURATION_INVALID', message)
}
