import { AuthError } from '../../core/errors.ts'
import { labelOf, move } from './authorities.ts'
import type { AuthorityRecord, CaState } from './ca-state.ts'

/**
 * An intermediate is dead at once, and all that it has issued.
 * @throws AuthError REQUEST_INVALID
 */
export function distrust(state: CaState, label: string, now: number): CaState {
  const intermediate = findDistrustable(state, label)
  if (intermediate.kind === 'root') throw refused(`${label} is a root: it is taken out of the bundle, not distrusted.`)
  return move(state, intermediate, 'distrusted', now)
}

/**
 * @param label as `ca list` shows it, or the whole key ID
 * @throws AuthError REQUEST_INVALID for what is neither an intermediate in use nor a root that is not active yet
 */
export function findDistrustable({ authorities }: CaState, label: string): AuthorityRecord {
  const found = authorities.find((authority) => labelOf(authority) === label || authority.keyId === label)
  if (found === undefined) throw refused(`There is no "${label}" here: "countersign ca list" shows what there is.`)
  if (found.kind === 'root' && found.state !== 'prepared' && found.state !== 'requested') {
    throw refused(
      `${label} is a root in use. What holds it as a root cannot be told to distrust it by what it signs: rotate it instead.`,
    )
  }
  if (found.state === 'retired' || found.state === 'distrusted') throw refused(`${label} is ${found.state} already.`)
  return found
}

function refused(message: string): AuthError {
  return new AuthError('REQUEST_INVALID', message)
}
