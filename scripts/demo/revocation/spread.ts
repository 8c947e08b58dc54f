import { monotonicClock } from '../../../src/core/clock.ts'
import { ALLOWED } from '../call-rows.ts'
import type { InventoryMethod } from '../raw-client.ts'
import type { Outcome, Report } from '../report.ts'
import type { HeldConnections, Refused } from './held-connections.ts'
import { tellPresented } from './presented.ts'

/** Something that is revoked while it is presented to each replica. */
export interface Spread {
  readonly caller: string
  readonly method: InventoryMethod
  readonly connections: HeldConnections
  readonly token: string
  /** Revokes it, and reports that. */
  readonly revoke: () => Promise<unknown>
  /** What each replica must answer then: one of these. */
  readonly expected: readonly Outcome[]
}

/** By when every verifier that hears of an authority is to refuse what was revoked. */
const BOUND_MS = 1_000

/** Revokes something, and reports when each replica refused it. Returns when that began, on the monotonic clock. */
export async function tellSpread(report: Report, spread: Spread): Promise<number> {
  const { caller, method, connections, token, revoke, expected } = spread
  await tellPresented(report, caller, `each replica ${method}`, () => connections.present(token))
  const refusing = connections.untilRefused(token)
  const begunAt = monotonicClock()
  await revoke()
  const revokedMs = monotonicClock() - begunAt
  const refused = await refusing
  for (const { replica, outcome, at } of refused) {
    const called = `${replica} ${method}`
    report.row({ caller, called, expected: nearestOf(expected, outcome), actual: outcome, durationMs: at - begunAt })
  }
  tellLast(report, refused, begunAt, revokedMs)
  return begunAt
}

function nearestOf(expected: readonly Outcome[], { reason }: Outcome): Outcome {
  return expected.find((one) => one.reason === reason) ?? expected[0] ?? ALLOWED
}

function tellLast(report: Report, refused: readonly Refused[], begunAt: number, revokedMs: number): void {
  const lastMs = Math.max(...refused.map(({ at }) => at)) - begunAt
  const count = refused.reduce((sum, { allowed }) => sum + allowed, 0)
  const words = (isInTime: boolean) => `refused everywhere ${isInTime ? 'within' : 'later than'} a second`
  report.step({
    kind: 'effect',
    what: 'from revoking to the refusal at the last replica',
    expected: { outcome: 'seen', reason: words(true) },
    actual: { outcome: 'seen', reason: words(lastMs - revokedMs <= BOUND_MS) },
    durationMs: lastMs,
    told: `${difference(lastMs - revokedMs)} it was acknowledged; ${count} calls were allowed until then, none after.`,
  })
}

function difference(ms: number): string {
  return ms < 0 ? `${(-ms).toFixed(1)} ms before` : `${ms.toFixed(1)} ms after`
}
