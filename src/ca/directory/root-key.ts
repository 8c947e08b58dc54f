import type { KeyObject } from 'node:crypto'
import { AuthError } from '../../core/errors.ts'
import { canState, signStatement } from '../../identity/bundle-statement.ts'
import type { Certificate } from '../../identity/certificate.ts'
import { chainOf, rootsOf } from '../issuers/authorities.ts'
import type { AuthorityRecord, CaState } from '../issuers/ca-state.ts'
import type { SignText } from '../issuers/statements.ts'
import type { CaHome } from './ca-home.ts'
import { hasKey, loadKey } from './key-files.ts'

/** The active root, where its key lies in the CA's directory. */
export interface RootAtHand {
  readonly record: AuthorityRecord
  readonly certificate: Certificate
  readonly privateKey: KeyObject
}

/** Undefined where the root's key is kept elsewhere, or its certificate is still awaited. */
export async function loadRootAtHand(home: CaHome, state: CaState): Promise<RootAtHand | undefined> {
  const [record] = rootsOf(state, 'active')
  if (record === undefined || !(await hasKey(home.directory, record))) return undefined
  const privateKey = await loadKey(home.directory, record, home.passphrase)
  return { record, certificate: chainOf(record)[0], privateKey }
}

/** @throws AuthError REQUEST_INVALID where another process has gone on with a rotation meanwhile */
export function requireSameRoot(current: CaState, former: CaState): void {
  const [one, other] = [current, former].map((state) => rootsOf(state, 'active')[0]?.keyId)
  if (one === other) return
  throw new AuthError('REQUEST_INVALID', 'The root was rotated meanwhile. Try again.')
}

/** How the active root signs statements; undefined where it is not at hand, or signs certificates only. */
export function signerOf(root: RootAtHand | undefined): SignText {
  if (root === undefined || !canState(root.certificate)) return undefined
  return (text) => signStatement(text, root.privateKey)
}
