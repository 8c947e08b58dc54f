import { AuthError } from '../../core/errors.ts'
import { canState } from '../../identity/bundle-statement.ts'
import { activeRoot, chainOf, labelOf, move, rootsOf, trustedRoots } from './authorities.ts'
import type { AuthorityRecord, CaState, Usage } from './ca-state.ts'
import { addStatement, requireNoneAwaited, requireUnused, type SignText } from './statements.ts'

/**
 * Adds a root, which verifiers are to learn of before anything is issued below it. The active root states it; one
 * that signs certificates and nothing else cannot, and the new bundle has to be brought to verifiers.
 * @param root its state is set here: prepared, or requested while the signature of the statement is awaited
 * @param now what is recorded up to here may have come without it
 */
export function prepareRoot(state: CaState, root: AuthorityRecord, sign: SignText, now: number): CaState {
  requireNoneAwaited(state)
  const known = state.authorities.find(({ keyId }) => keyId === root.keyId)
  if (known !== undefined)
    throw refused(`Its key is that of ${labelOf(known)} already: the next root needs one of its own.`)
  const [prepared] = rootsOf(state, 'prepared')
  if (prepared !== undefined) {
    throw refused(`${labelOf(prepared)} is prepared already: "countersign ca rotate activate root" comes next.`)
  }
  const [retiring] = rootsOf(state, 'retiring')
  if (retiring !== undefined) {
    throw refused(`${labelOf(retiring)} is retiring: "countersign ca rotate retire root" comes first.`)
  }
  const isStated = canState(chainOf(activeRoot(state))[0])
  const isAwaited = isStated && sign === undefined
  const added: CaState = {
    ...state,
    authorities: [...state.authorities, { ...root, state: isAwaited ? 'requested' : 'prepared', since: now }],
  }
  return isStated ? addStatement(added, [...trustedRoots(state), root], sign) : added
}

/**
 * New intermediates are signed by the root that was prepared.
 * @param isTold whether the operator says that every verifier holds the new bundle. Otherwise it must be seen: of what
 *   is valid, all was issued after the bundle had the new root, and so came with it.
 * @param usage as of `now`
 * @throws AuthError REQUEST_INVALID while neither is so
 */
export function activateRoot(state: CaState, isTold: boolean, usage: Usage, now: number): CaState {
  requireNoneAwaited(state)
  const [prepared] = rootsOf(state, 'prepared')
  if (prepared === undefined) {
    throw refused('No root is prepared: "countersign ca rotate prepare root" comes first.')
  }
  const former = activeRoot(state)
  if (!isTold) requireSeen(former, prepared, usage)
  return move(move(state, former, 'retiring', now), prepared, 'active', now)
}

/**
 * Takes the former root out of the bundle.
 * @param sign of the root that is active now
 * @throws AuthError REQUEST_INVALID while an intermediate below it is in use
 */
export function retireRoot(state: CaState, sign: SignText, now: number): CaState {
  requireNoneAwaited(state)
  const [retiring] = rootsOf(state, 'retiring')
  if (retiring === undefined) {
    throw refused('No root is retiring: "countersign ca rotate activate root" comes first.')
  }
  requireUnused(state, retiring)
  return takeOut(state, retiring, 'retired', sign, now)
}

/**
 * Takes a root that is prepared, or only requested, out again.
 * @param sign of the active root
 * @throws AuthError REQUEST_INVALID
 */
export function abandonRoot(state: CaState, root: AuthorityRecord, sign: SignText, now: number): CaState {
  if (root.state === 'requested') return move(state, root, 'distrusted', now)
  requireNoneAwaited(state)
  if (root.state !== 'prepared') {
    throw refused(
      `${labelOf(root)} is ${root.state}: only a root that is not yet active can be given up. Rotate it instead.`,
    )
  }
  return takeOut(state, root, 'distrusted', sign, now)
}

/** Where the active root has to state the bundle without it, it stays until that is signed. */
function takeOut(
  state: CaState,
  root: AuthorityRecord,
  end: 'retired' | 'distrusted',
  sign: SignText,
  now: number,
): CaState {
  if (!canState(chainOf(activeRoot(state))[0])) return move(state, root, end, now)
  const remaining = trustedRoots(state).filter(({ keyId }) => keyId !== root.keyId)
  const stated = addStatement(state, remaining, sign)
  return sign === undefined ? stated : move(stated, root, end, now)
}

function requireSeen(former: AuthorityRecord, prepared: AuthorityRecord, usage: Usage): void {
  if (!canState(chainOf(former)[0])) {
    throw refused(
      `${labelOf(former)} signs certificates only, so that the new bundle is known only where you have brought it. Once every verifier has bundle.pem, say so: --verifiers-updated.`,
    )
  }
  const earlier = [...usage.values()].filter(({ firstRecordedAt }) => firstRecordedAt <= prepared.since)
  if (earlier.length === 0) return
  const lastNotAfter = Math.max(...earlier.map(({ lastNotAfter }) => lastNotAfter))
  throw refused(
    `Certificates that were issued before ${labelOf(prepared)} was in the bundle are still valid: their holders may not trust it yet. ` +
      `Activate it once they have expired, by ${new Date(lastNotAfter).toISOString()} at the latest; or say that every verifier holds the new bundle: --verifiers-updated.`,
  )
}

function refused(message: string): AuthError {
  return new AuthError('REQUEST_INVALID', message)
}
