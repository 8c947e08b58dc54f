import { status } from '@grpc/grpc-js'
import { CallError } from 'countersign'
import { monotonicClock } from '../../src/core/clock.ts'
import type { Outcome, Report } from './report.ts'

export const ALLOWED: Outcome = { outcome: 'allowed', status: 'OK' }

/** @param reason the code, and words where the code covers several cases; none where the caller learns of none */
export function refused(statusName: keyof typeof status, reason?: string): Outcome {
  return { outcome: 'refused', status: statusName, ...(reason !== undefined && { reason }) }
}

/** How a call of a service's own client went. */
export function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  return call.then(
    () => ALLOWED,
    (error: unknown) => {
      if (!(error instanceof CallError)) throw error
      return { outcome: 'refused', status: status[error.status], ...(error.reason && { reason: error.reason }) }
    },
  )
}

/** Makes a call, and reports how it went. */
export async function tellCall(
  report: Report,
  caller: string,
  called: string,
  expected: Outcome,
  call: () => Promise<Outcome>,
): Promise<void> {
  const start = monotonicClock()
  const actual = await call()
  report.row({ caller, called, expected, actual, durationMs: monotonicClock() - start })
}
