import { AuthError } from '../../core/errors.ts'
import { canState, verifyStatement } from '../../identity/bundle-statement.ts'
import type { Certificate } from '../../identity/certificate.ts'
import { activeRoot, chainOf, findAuthority, ROOT_NAME } from '../issuers/authorities.ts'
import type { AuthorityRecord, CaState } from '../issuers/ca-state.ts'
import { createRoot, recordOf } from '../issuers/new-authority.ts'
import { abandonRoot, prepareRoot, retireRoot } from '../issuers/rotate-root.ts'
import { applyStatement, awaitedStatement } from '../issuers/statements.ts'
import { loadBundle, writeBundle } from './bundle.ts'
import { statementFileOf } from './ca-files.ts'
import type { CaHome, KeyPlace } from './ca-home.ts'
import type { FileContent } from './durable-files.ts'
import { keyFileContent } from './key-files.ts'
import { loadState } from './load.ts'
import { loadRootAtHand, requireSameRoot, signerOf } from './root-key.ts'
import { changeState } from './settle.ts'

export interface BundleChange {
  readonly state: CaState
  /** Of the statement that has to be signed, or of the one in force; undefined where the roots have stated nothing. */
  readonly sequence: number | undefined
  /** What the root has to sign elsewhere before the bundle changes; undefined where it has changed. */
  readonly statementFile: string | undefined
}

/**
 * Prepares a root that is made here, its key at a place.
 * @throws AuthError REQUEST_INVALID, CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export async function prepareNewRoot(home: CaHome, place: KeyPlace): Promise<BundleChange> {
  const { trustDomain } = await loadState(home.directory, home.ledger)
  const made = createRoot('prepared', { ...home, trustDomain, now: home.clock() })
  const key = await keyFileContent(place.directory, made.record, made.privateKey, place.protection)
  return prepare(home, made, [key])
}

/**
 * Prepares a root whose key is kept elsewhere.
 * @param certificate its profile has been checked
 * @throws AuthError REQUEST_INVALID, CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export function prepareOutsideRoot(home: CaHome, certificate: Certificate): Promise<BundleChange> {
  const record = recordOf('root', ROOT_NAME, 'prepared', [certificate], { ...home, now: home.clock() })
  return prepare(home, { record, certificate }, [])
}

/** @throws AuthError REQUEST_INVALID, CONFIGURATION_INVALID, STORE_UNAVAILABLE */
export async function retireFormerRoot(home: CaHome): Promise<BundleChange> {
  const state = await loadState(home.directory, home.ledger)
  const sign = signerOf(await loadRootAtHand(home, state))
  const changed = await changeState(home, (current) => {
    requireSameRoot(current, state)
    return retireRoot(current, sign, home.clock())
  })
  return bundleChangeOf(home, changed)
}

/**
 * Takes a root out again that is not active yet.
 * @throws AuthError REQUEST_INVALID, CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export async function abandonPreparedRoot(home: CaHome, { keyId }: AuthorityRecord): Promise<BundleChange> {
  const state = await loadState(home.directory, home.ledger)
  const sign = signerOf(await loadRootAtHand(home, state))
  const changed = await changeState(home, (current) => {
    requireSameRoot(current, state)
    return abandonRoot(current, findAuthority(current, keyId), sign, home.clock())
  })
  return bundleChangeOf(home, changed)
}

/**
 * Takes the signature of the statement that awaits one.
 * @param signature ECDSA with SHA-256, in DER
 * @throws AuthError REQUEST_INVALID where none is awaited, or a root that is held did not make it
 */
export async function importSignature(home: CaHome, signature: Buffer): Promise<BundleChange> {
  const { directory, clock } = home
  const changed = await changeState(home, async (current) => {
    const awaited = awaitedStatement(current)
    if (awaited === undefined) throw new AuthError('REQUEST_INVALID', 'No bundle statement awaits a signature.')
    const held = await loadBundle(directory, current, clock())
    verifyStatement({ text: awaited.text, signature }, current.trustDomain, held, clock())
    return applyStatement(current, { ...awaited, signature: signature.toString('base64') }, clock())
  })
  return bundleChangeOf(home, changed)
}

type PreparedRoot = Pick<ReturnType<typeof createRoot>, 'record' | 'certificate'>

async function prepare(
  home: CaHome,
  { record, certificate }: PreparedRoot,
  files: readonly FileContent[],
): Promise<BundleChange> {
  const { directory, ledger, clock } = home
  const state = await loadState(directory, ledger)
  const sign = signerOf(await loadRootAtHand(home, state))
  // Nobody vouches for what follows a root that signs certificates only: the owner of bundle.pem is who adds it.
  const isStated = canState(chainOf(activeRoot(state))[0])
  const add = async (current: CaState) => {
    requireSameRoot(current, state)
    const prepared = prepareRoot(current, record, sign, clock())
    if (!isStated) await writeBundle(directory, [...(await loadBundle(directory, current, clock())), certificate])
    return prepared
  }
  return bundleChangeOf(home, await changeState(home, add, files))
}

function bundleChangeOf({ directory }: CaHome, state: CaState): BundleChange {
  const awaited = awaitedStatement(state)
  const inForce = state.statements.findLast(({ signature }) => signature !== undefined)
  return {
    state,
    sequence: (awaited ?? inForce)?.sequence,
    statementFile: awaited && statementFileOf(directory, awaited.sequence),
  }
}
