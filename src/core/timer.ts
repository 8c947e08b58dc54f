import type { Clock } from './clock.ts'

/** Node runs a longer timer at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Runs `action` once, when `clock` has reached `time`, however far that is. Does not keep the process alive.
 * @param time milliseconds since 1970
 * @returns what cancels it
 */
export function callAt(time: number, clock: Clock, action: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const wait = () => {
    timer = setTimeout(run, Math.min(Math.max(time - clock(), 0), MAX_TIMER_MS))
    timer.unref()
  }
  const run = () => (clock() < time ? wait() : action())
  wait()
  return () => clearTimeout(timer)
}
