import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { callAt } from '../../core/timer.ts'
import type { TrustLog } from './trust-log.ts'

export interface PruneOptions {
  readonly trustLog: TrustLog
  readonly logger: Logger
  readonly clock: Clock
  /** From 0 to 1, exclusively. */
  readonly random?: () => number
}

const MINUTE_MS = 60_000

/** Between two parts, so that others write meanwhile. */
const PAUSE_MS = 100

/**
 * Forgets about each minute what has expired, part by part. Processes on one store come at different times.
 * @returns what ends that; it resolves once the log is let go of
 */
export function pruneLog({ trustLog, logger, clock, random = Math.random }: PruneOptions): () => Promise<void> {
  let isStopped = false
  let turn = Promise.resolve()
  let cancel = pruneIn(spread())

  function spread(): number {
    return MINUTE_MS * (0.5 + random())
  }

  function pruneIn(milliseconds: number): () => void {
    return callAt(clock() + milliseconds, clock, () => {
      turn = prune()
    })
  }

  async function prune(): Promise<void> {
    const hasMore = await trustLog.prune(clock()).catch((error: unknown) => {
      logger.warn({ error: messageOf(error) }, 'the trust log could not be pruned')
      return false
    })
    if (!isStopped) cancel = pruneIn(hasMore ? PAUSE_MS : spread())
  }

  return async () => {
    isStopped = true
    cancel()
    await turn
  }
}
