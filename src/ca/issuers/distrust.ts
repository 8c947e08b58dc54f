import { AuthError } from '../../core/errors.ts'
import { labelOf, move } from './authorities.ts'
import type { AuthorityRecord, CaState } from './ca-state.ts'

/**
 * An intermediate is dead at once, and all that it has issued.
 * @throws AuthError REQUEST_INVALID
 */
export function distrust(state: CaState, label: string, now: number): CaState {
  return move(state, findDistrustable(state, label), 'distrusted', now)
}

/**
 * @param label as `ca list` shows it, or the whole key ID
 * @throws AuthError REQUEST_INVALID for what is no intermediate that is in use
 */
export function findDistrustable({ authorities }: CaState, label: string): AuthorityRecord {
  const found = authorities.find((authority) => labelOf(authority) === label || authority.keyId === label)
  if (found === undefined) throw refused(`There is no "${label}" here: "countersign ca list" shows what there is.`)
  if (found.kind === 'root') {
    throw refused(
      `${label} is a root. What holds it as a root cannot be told to distrust it by what it signs: rotate the root instead.`,
    )
  }
  if (found.state === 'retired' || found.state === 'distrusted') throw refused(`${label} is ${found.state} already.`)
  return found
}

function refused(message: string): AuthError {
  return new AuthError('REQUEST_INVALID', message)
}
