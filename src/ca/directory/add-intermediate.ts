import { findAuthority } from '../issuers/authorities.ts'
import type { AuthorityRecord, CaState } from '../issuers/ca-state.ts'
import { requestIntermediate } from '../issuers/intermediate-request.ts'
import { createIntermediate } from '../issuers/new-authority.ts'
import { prepareIntermediate } from '../issuers/rotate-intermediate.ts'
import { requestFileOf } from './ca-files.ts'
import type { CaHome, KeyPlace } from './ca-home.ts'
import { CERTIFICATE_MODE } from './durable-files.ts'
import { keyFileContent } from './key-files.ts'
import { loadState } from './load.ts'
import { loadRootAtHand, requireSameRoot } from './root-key.ts'
import { changeState } from './settle.ts'

export interface AddedIntermediate {
  readonly intermediate: AuthorityRecord
  /** The request that the root is to answer; undefined where the root's key was at hand. */
  readonly requestFile: string | undefined
}

/**
 * Makes an intermediate, or the request for one where the root's key is kept elsewhere. The first of a name is active
 * at once, a later one is prepared.
 * @param name which of those that serve side by side
 * @param place where its key is to lie
 * @throws AuthError REQUEST_INVALID where one of this name is waiting already; CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export async function addIntermediate(home: CaHome, name: string, place: KeyPlace): Promise<AddedIntermediate> {
  const state = await loadState(home.directory, home.ledger)
  const making = { ...home, trustDomain: state.trustDomain, now: home.clock() }
  const root = await loadRootAtHand(home, state)
  const { record, privateKey, request } =
    root === undefined
      ? requestIntermediate(name, making)
      : { ...createIntermediate(name, 'prepared', root, making), request: undefined }

  const requestFile = requestFileOf(place.directory, record)
  const files = [await keyFileContent(place.directory, record, privateKey, place.protection)]
  if (request !== undefined) files.push({ file: requestFile, text: request, mode: CERTIFICATE_MODE })
  const prepare = (current: CaState) => {
    requireSameRoot(current, state)
    return prepareIntermediate(current, record)
  }
  const added = await changeState(home, prepare, files)
  return { intermediate: findAuthority(added, record.keyId), requestFile: request && requestFile }
}
