import type { KeyAnchors } from '../authority/log/published-keys.ts'
import { loadBundle } from '../ca/directory/bundle.ts'
import { type OpenCa, stateOf } from './ca-context.ts'

/** What the signing keys of authorities are verified with. */
export async function keyAnchorsOf(open: OpenCa): Promise<KeyAnchors> {
  const state = await stateOf(open)
  const roots = await loadBundle(open.files.directory, state, open.clock())
  return { trustDomain: state.trustDomain, roots, clock: open.clock }
}
