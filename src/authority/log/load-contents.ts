import { setImmediate } from 'node:timers/promises'
import type { KeyPublication } from '../../trust/change.ts'
import type { TrustContents } from '../../trust/trust-contents.ts'
import type { TrustState } from '../../trust/trust-state.ts'
import type { LogPart, TrustLog } from './trust-log.ts'

/** About how many changes are read at once: a few milliseconds. */
export const PART_SIZE = 5_000

export interface LoadedContents {
  readonly contents: TrustContents
  /** Every key that the log has, whether it counts or not. */
  readonly publications: readonly KeyPublication[]
}

/**
 * Reads the log from its beginning to its end, as it is by then. Nothing of it is in force yet.
 * @throws AuthError STORE_UNAVAILABLE
 */
export async function loadContents(trustLog: TrustLog, trust: TrustState, issuer: string): Promise<LoadedContents> {
  const begin = ({ revision, changes }: LogPart) => {
    const contents = trust.beginSnapshot(revision, issuer)
    contents.add(changes)
    return contents
  }
  let part = await trustLog.read(undefined, PART_SIZE)
  let contents = begin(part)
  let publications = publicationsOf(part)
  while (!part.isLast) {
    await setImmediate()
    part = await trustLog.read(contents.revision, PART_SIZE)
    if (part.revision.epoch === contents.revision.epoch) {
      contents.apply(part.revision, part.changes)
      publications = [...publications, ...publicationsOf(part)]
    } else {
      contents = begin(part)
      publications = publicationsOf(part)
    }
  }
  return { contents, publications }
}

function publicationsOf({ changes }: LogPart): readonly KeyPublication[] {
  return changes.filter((change) => change.kind === 'key')
}
