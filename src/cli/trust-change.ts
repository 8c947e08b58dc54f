import type { Command } from 'commander'
import { parseReason } from '../authority/revocation/reason.ts'
import type { TrustChange } from '../trust/change.ts'
import { formatRevision, type Revision } from '../trust/revision.ts'
import { type CaArguments, type OpenCa, withCa } from './ca-context.ts'
import { withJson } from './result.ts'

export interface ChangeArguments extends CaArguments {
  readonly reason: string
}

/** Gives a command what one takes that changes what verifiers trust. */
export function withChange(command: Command): Command {
  return withCa(withJson(command)).option('--reason <words>', 'why, for the record', parseReason, '')
}

/** Adds a change to the trust log. On disk once this resolves, with its revision. */
export function appendChange(change: TrustChange, { reason }: ChangeArguments, open: OpenCa): Promise<Revision> {
  const { store, clock, operator } = open
  return store.trustLog.append([change], { by: operator, at: clock(), reason })
}

/** How verifiers come to know. */
export function heardAt(revision: Revision | undefined): string {
  const which = revision === undefined ? '' : `, with revision ${formatRevision(revision)} of the trust log`
  return `Services hear of it from any authority that runs, within a second${which}.`
}
