import { setImmediate } from 'node:timers/promises'
import type { TrustChange } from '../../trust/change.ts'
import type { TrustState } from '../../trust/trust-state.ts'
import { PAGE_BYTES, PAGE_CHANGES, type SnapshotPage, sizeOf } from './trust-event.ts'

/**
 * All that is known, in pages. What changes while they are sent may stand in them or not: whoever takes the changes that
 * follow on the revision of the pages is right in any case, since a change that comes twice changes nothing.
 */
export async function* snapshotOf(trust: TrustState): AsyncGenerator<SnapshotPage> {
  const { revision, current } = trust
  if (revision === undefined || current === undefined) throw new TypeError('There is nothing yet to tell of.')
  const { issuer } = current
  let page = 0
  let changes: TrustChange[] = []
  let bytes = 0
  for (const change of trust.changes()) {
    const size = sizeOf(change)
    if (changes.length === PAGE_CHANGES || (bytes + size > PAGE_BYTES && changes.length > 0)) {
      page += 1
      yield { kind: 'page', revision, page, isLast: false, issuer, changes }
      changes = []
      bytes = 0
      await setImmediate()
    }
    changes.push(change)
    bytes += size
  }
  yield { kind: 'page', revision, page: page + 1, isLast: true, issuer, changes }
}
