import type { Certificate } from '../../identity/certificate.ts'
import { rootsOf } from '../issuers/authorities.ts'
import type { CaState, Usage } from '../issuers/ca-state.ts'
import { awaitedStatement, withdrawnStatements } from '../issuers/statements.ts'
import { loadBundle, writeBundle } from './bundle.ts'
import { statementFileOf } from './ca-files.ts'
import type { CaHome } from './ca-home.ts'
import { commit } from './commit.ts'
import { CERTIFICATE_MODE, ensureFile, type FileContent, removeIfPossible } from './durable-files.ts'
import { setKeysAside } from './key-files.ts'

export type SettledPlace = Pick<CaHome, 'directory' | 'ledger' | 'clock'>

/**
 * Brings a CA's directory to what its state says, and holds both while `work` runs. A command that was killed may have
 * changed the state and no more: the next one makes good what is missing, as all of it follows from the state.
 * @param work is given the roots, none where the first is still awaited; must not wait for the store, which waits for it
 * @throws AuthError CONFIGURATION_INVALID, STORE_UNAVAILABLE
 */
export function settle<Result>(
  { directory, ledger, clock }: SettledPlace,
  work: (state: CaState, roots: readonly Certificate[]) => Promise<Result>,
): Promise<Result> {
  return ledger.hold(async (state) => {
    const roots = await settleBundle(directory, state, clock())
    await settleStatements(directory, state)
    await setKeysAside(directory, state)
    return work(state, roots)
  })
}

/**
 * Changes the state of a CA, and its directory after that. What was left undone before is made good in either case: a
 * step that is refused, as it was taken already, is taken whole.
 * @param change as `CaLedger.update` takes it
 * @param files as `commit` takes them
 * @throws AuthError as `settle` and the change
 */
export async function changeState(
  place: SettledPlace,
  change: (state: CaState, usage: Usage) => CaState | Promise<CaState>,
  files: readonly FileContent[] = [],
): Promise<CaState> {
  const { ledger, clock } = place
  await settle(place, async () => {})
  const changed = await commit(files, () => ledger.update(change, clock()))
  await settle(place, async () => {})
  return changed
}

/** A CA below a root elsewhere has no bundle until its first certificate is imported. */
async function settleBundle(directory: string, state: CaState, now: number): Promise<readonly Certificate[]> {
  if (rootsOf(state, 'active').length === 0) return []
  const roots = await loadBundle(directory, state, now)
  await writeBundle(directory, roots)
  return roots
}

/** What a root elsewhere is to sign lies where its owner finds it. */
async function settleStatements(directory: string, state: CaState): Promise<void> {
  await removeIfPossible(withdrawnStatements(state).map(({ sequence }) => statementFileOf(directory, sequence)))
  const awaited = awaitedStatement(state)
  if (awaited === undefined) return
  const file = statementFileOf(directory, awaited.sequence)
  await ensureFile({ file, text: awaited.text, mode: CERTIFICATE_MODE })
}
