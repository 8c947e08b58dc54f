import { ALLOWED, tellCall } from '../call-rows.ts'
import type { Outcome, Report } from '../report.ts'

/** What one of several replicas refused, or that none did. */
export function worstOf(outcomes: readonly Outcome[]): Outcome {
  return outcomes.find(({ outcome }) => outcome === 'refused') ?? ALLOWED
}

/** Makes a call at each of several replicas, all of which must allow it, and reports how it went. */
export function tellPresented(
  report: Report,
  caller: string,
  called: string,
  present: () => Promise<readonly Outcome[]>,
): Promise<void> {
  return tellCall(report, caller, called, ALLOWED, async () => worstOf(await present()))
}
