import { monotonicClock } from '../../../src/core/clock.ts'
import type { Ending, Report } from '../report.ts'

/**
 * Looks at files, and reports what is to be seen there.
 * @param expected what that must be
 */
export async function look(report: Report, what: string, see: () => Promise<string>, expected: string): Promise<void> {
  const start = monotonicClock()
  const told = await see()
  const durationMs = monotonicClock() - start
  report.step({ kind: 'look', what, expected: seen(expected), actual: seen(told), durationMs, told })
}

function seen(reason: string): Ending {
  return { outcome: 'seen', reason }
}
