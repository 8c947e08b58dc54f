import { counted } from '../../core/counted.ts'
import { AuthError } from '../../core/errors.ts'
import { intermediatesOf, labelOf, move, rootOf } from './authorities.ts'
import type { AuthorityRecord, CaState, Usage } from './ca-state.ts'

/**
 * Adds an intermediate: prepared, or active at once where it is the first of its name, since nothing has to be waited for;
 * requested, where it has no certificate. Verifiers need nothing: a service presents it.
 */
export function prepareIntermediate(state: CaState, intermediate: AuthorityRecord): CaState {
  const [waiting] = intermediatesOf(state, ['requested', 'prepared'], intermediate.name)
  if (waiting !== undefined) {
    throw refused(
      `${labelOf(waiting)} is ${waiting.state} already. ${
        waiting.state === 'prepared'
          ? 'Activate it with "countersign ca rotate activate intermediate"'
          : 'Import its certificate with "countersign ca import"'
      }, or give it up with "countersign ca distrust ${labelOf(waiting)}".`,
    )
  }
  const begun = intermediate.certificateChain === undefined ? 'requested' : firstState(state, intermediate.name)
  return { ...state, authorities: [...state.authorities, { ...intermediate, state: begun }] }
}

/** How an intermediate begins that has a certificate. */
export function firstState(state: CaState, name: string): 'active' | 'prepared' {
  const former = intermediatesOf(state, ['active', 'retiring', 'retired', 'distrusted'], name)
  return former.length === 0 ? 'active' : 'prepared'
}

/** What is prepared issues from now on; what issued before does so no more. */
export function activateIntermediate(state: CaState, name: string, now: number): CaState {
  const [prepared] = intermediatesOf(state, ['prepared'], name)
  if (prepared === undefined) {
    throw refused(`No intermediate "${name}" is prepared: "countersign ca rotate prepare intermediate" makes one.`)
  }
  requireBelowActiveRoot(state, prepared)
  const former = intermediatesOf(state, ['active'], name)
  return former.reduce(
    (changed, active) => move(changed, active, 'retiring', now),
    move(state, prepared, 'active', now),
  )
}

/**
 * Ends the intermediates that issue no more.
 * @param usage as of `now`
 * @throws AuthError REQUEST_INVALID while anything that one of them has issued is valid
 */
export function retireIntermediate(state: CaState, name: string, usage: Usage, now: number): CaState {
  const retiring = intermediatesOf(state, ['retiring'], name)
  if (retiring.length === 0) {
    throw refused(`No intermediate "${name}" is retiring: "countersign ca rotate activate intermediate" comes first.`)
  }
  const used = retiring.find(({ keyId }) => usage.has(keyId))
  if (used !== undefined) {
    const { liveCount = 0, lastNotAfter = now } = usage.get(used.keyId) ?? {}
    throw refused(
      `${labelOf(used)} has issued ${counted(liveCount, 'certificate')} still valid, the last of them until ` +
        `${new Date(lastNotAfter).toISOString()}. Retire it after that.`,
    )
  }
  return retiring.reduce((changed, intermediate) => move(changed, intermediate, 'retired', now), state)
}

/** Verifiers may not know another root yet, or no more. */
function requireBelowActiveRoot(state: CaState, intermediate: AuthorityRecord): void {
  const root = rootOf(state, intermediate)
  if (root?.state === 'active') return
  throw refused(
    `${labelOf(intermediate)} is below a root that is ${root?.state ?? 'unknown'}. Give it up with "countersign ca distrust ${labelOf(intermediate)}", and prepare another.`,
  )
}

function refused(message: string): AuthError {
  return new AuthError('REQUEST_INVALID', message)
}
