import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { AuthError, messageOf } from '../../core/errors.ts'
import { fileExists } from '../../core/text-file.ts'
import { signStatement } from '../../identity/bundle-statement.ts'
import type { TrustDomain } from '../../identity/service-id.ts'
import type { Profiles } from '../certificate/profiles.ts'
import { chainOf, INTERMEDIATE_NAME, rootsOf } from '../issuers/authorities.ts'
import type { CaLedger, CaState } from '../issuers/ca-state.ts'
import { requestIntermediate } from '../issuers/intermediate-request.ts'
import { createIntermediate, createRoot } from '../issuers/new-authority.ts'
import { addStatement } from '../issuers/statements.ts'
import { hasBundle, writeBundle } from './bundle.ts'
import { caFilesOf, requestFileOf } from './ca-files.ts'
import { commit } from './commit.ts'
import { CERTIFICATE_MODE, DIRECTORY_MODE } from './durable-files.ts'
import { hasKey, type KeyProtection, keyFileContent, requireProtection } from './key-files.ts'

export interface InitOptions {
  readonly directory: string
  readonly trustDomain: TrustDomain
  readonly protection: KeyProtection
  readonly profiles: Profiles
  readonly ledger: CaLedger
  /** Where the ledger is kept, for the message. */
  readonly storeFile: string
  /** For the record: `operator:alice`. */
  readonly requestedBy: string
  readonly clock: Clock
}

/**
 * Makes a CA: a root and an intermediate, their keys in the directory. Never overwrites a CA, nor a part of one; what
 * was begun here and then killed is finished.
 * @throws AuthError CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export async function initCertificateAuthority(options: InitOptions): Promise<CaState> {
  const { directory, trustDomain, protection, ledger, clock } = options
  if (await isBegun(options)) return finish(options)

  const making = { ...options, now: clock() }
  const root = createRoot('active', making)
  const intermediate = createIntermediate(INTERMEDIATE_NAME, 'active', root, making)
  const authorities = [root, intermediate]
  const empty: CaState = { trustDomain, authorities: authorities.map(({ record }) => record), statements: [] }
  const state = addStatement(empty, [root.record], (text) => signStatement(text, root.privateKey))
  const keys = await Promise.all(
    authorities.map(({ record, privateKey }) => keyFileContent(directory, record, privateKey, protection)),
  )
  // The bundle comes last: without one, nothing is issued.
  await commit(keys, () => ledger.create(state))
  return finish(options)
}

/**
 * Makes a CA whose root is kept elsewhere: the intermediate's key, and the request that the root is to certify.
 * @throws AuthError CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export async function initBelowOfflineRoot(options: InitOptions): Promise<CaState> {
  const { directory, trustDomain, protection, ledger, storeFile, clock } = options
  if ((await ledger.read()) !== undefined) throw occupied(storeFile)
  const asked = requestIntermediate(INTERMEDIATE_NAME, { ...options, now: clock() })
  const state: CaState = { trustDomain, authorities: [asked.record], statements: [] }
  const key = await keyFileContent(directory, asked.record, asked.privateKey, protection)
  const request = { file: requestFileOf(directory, asked.record), text: asked.request, mode: CERTIFICATE_MODE }
  await commit([key, request], () => ledger.create(state))
  return state
}

/**
 * Makes the directory of a CA.
 * @throws AuthError CONFIGURATION_INVALID where a CA is, or a part of one
 */
export async function claimDirectory(directory: string): Promise<void> {
  const { bundle } = caFilesOf(directory)
  // The last is what a CA of version 0.1.0 had.
  for (const file of [bundle, join(directory, 'root.pem')]) {
    if (await fileExists(file)) throw occupied(file)
  }
  try {
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
  } catch (error) {
    throw new AuthError('CONFIGURATION_INVALID', `Cannot make a CA in ${directory}: ${messageOf(error)}.`)
  }
}

/** Whether a CA is noted that has issued nothing but itself, since its bundle was never written. */
async function isBegun({ directory, trustDomain, ledger, storeFile, protection }: InitOptions): Promise<boolean> {
  const state = await ledger.read()
  if (state === undefined) return false
  const [root] = rootsOf(state, 'active')
  const isLeft = root !== undefined && (await hasKey(directory, root)) && !(await hasBundle(directory))
  if (!isLeft || state.trustDomain !== trustDomain) throw occupied(storeFile)
  for (const authority of state.authorities) await requireProtection(directory, authority, protection)
  return true
}

/** Of two processes that make the CA, the later one must not undo what has come of it since. */
function finish({ directory, ledger }: InitOptions): Promise<CaState> {
  return ledger.hold(async (state) => {
    const roots = rootsOf(state, 'active').map((root) => chainOf(root)[0])
    if (!(await hasBundle(directory))) await writeBundle(directory, roots)
    return state
  })
}

function occupied(file: string): AuthError {
  return new AuthError(
    'CONFIGURATION_INVALID',
    `${file} is there already, and a CA is never overwritten. Choose another place, or move that file away.`,
  )
}
