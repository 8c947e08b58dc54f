import { type Clock, monotonicClock } from './clock.ts'
import type { Logger } from './logger.ts'
import { callAt } from './timer.ts'

const WINDOW_MS = 60_000
const LINES_PER_WINDOW = 30

/**
 * A warning that outsiders can cause, and that must not fill the disk: in each minute the first 30 lines are written,
 * and then one line with the number of those that were not.
 * @param message what each line says
 */
export function boundedWarning(
  logger: Logger,
  message: string,
  clock: Clock = monotonicClock,
): (fields: object) => void {
  let written = 0
  let omitted = 0

  function endWindow(): void {
    if (omitted > 0) logger.warn({ omitted }, `${message}: further lines omitted`)
    written = 0
    omitted = 0
  }

  return (fields) => {
    if (written === LINES_PER_WINDOW) {
      omitted += 1
      return
    }
    if (written === 0) callAt(clock() + WINDOW_MS, clock, endWindow)
    written += 1
    logger.warn(fields, message)
  }
}
