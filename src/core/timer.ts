import type { Clock } from './clock.ts'

/** A timer does not notice that the machine's clock was set, nor that it slept; this is how late it then is at most. */
const MAX_TIMER_MS = 60_000

/**
 * Runs `action` once, when `clock` has reached `time`, however far that is. Does not keep the process alive.
 * @param time milliseconds since 1970
 * @returns what cancels it
 */
export function callAt(time: number, clock: Clock, action: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const cancel = () => {
    clearTimeout(timer)
    unsubscribe?.()
  }
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(look, Math.min(Math.max(time - clock(), 0), MAX_TIMER_MS))
    timer.unref()
  }
  const look = () => {
    if (clock() < time) return wait()
    cancel()
    action()
  }
  const unsubscribe = clock.subscribe?.(look)
  wait()
  return cancel
}
