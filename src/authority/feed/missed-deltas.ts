import { compareRevisions, type Revision } from '../../trust/revision.ts'
import type { TrustDelta } from '../../trust/trust-state.ts'
import { PART_SIZE } from '../log/load-contents.ts'
import type { TrustLog } from '../log/trust-log.ts'
import { isOneMessage } from './trust-event.ts'

/** Whoever has missed more is better served with all that stands. */
const MAX_PARTS = 2

/**
 * What has changed after a revision; `undefined` where that is too much to be told as changes, or was in another epoch.
 * @throws AuthError STORE_UNAVAILABLE
 */
export async function missedDeltas(trustLog: TrustLog, after: Revision): Promise<readonly TrustDelta[] | undefined> {
  const deltas: TrustDelta[] = []
  let position = after
  for (let parts = 0; parts < MAX_PARTS; parts += 1) {
    const { revision, changes, isLast } = await trustLog.read(position, PART_SIZE)
    if (revision.epoch !== after.epoch) return undefined
    if (compareRevisions(revision, position) > 0) deltas.push({ after: position, revision, changes })
    if (isLast) return deltas.every(isOneMessage) ? deltas : undefined
    position = revision
  }
  return undefined
}
