import { type Clock, monotonicBeside } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { callAt } from '../../core/timer.ts'
import { HEARTBEAT_MS } from '../../trust/freshness.ts'
import { compareRevisions, formatRevision } from '../../trust/revision.ts'
import type { TrustDelta, TrustState } from '../../trust/trust-state.ts'
import { type Entry, EventList } from '../feed/event-list.ts'
import { type Heartbeat, isOneMessage, type SharedEvent } from '../feed/trust-event.ts'
import { loadContents, PART_SIZE } from './load-contents.ts'
import { requireNoForeignKeys } from './require-no-foreign-keys.ts'
import type { TrustLog } from './trust-log.ts'

export interface LogFollowerOptions {
  readonly trustLog: TrustLog
  /** This process's own, which is to hold what the log does. */
  readonly trust: TrustState
  readonly issuer: string
  readonly logger: Logger
  readonly clock: Clock
}

/** How often the log is looked at for what other processes have written. */
const POLL_MS = 100

/**
 * Reads the log, puts it in force in this process, and follows it from there.
 * @throws AuthError CONFIGURATION_INVALID where keys of another issuer are in use, STORE_UNAVAILABLE
 */
export async function followLog(options: LogFollowerOptions): Promise<LogFollower> {
  const { trustLog, trust, issuer, clock } = options
  const begunAt = clock()
  const { contents, publications } = await loadContents(trustLog, trust, issuer)
  requireNoForeignKeys(publications, contents, { issuer, now: clock() })
  trust.replace(contents)
  trust.vouch(contents.revision, Math.max(0, clock() - begunAt))
  return new LogFollower(options, begunAt)
}

/** Follows the trust log: puts what is new in force in this process, and tells of it. Made by `followLog` alone. */
export class LogFollower {
  readonly #options: LogFollowerOptions
  readonly #events: EventList<SharedEvent>
  readonly #monotonic: Clock
  #readAt: number
  #beatAt: number
  #failures = 0
  #isStopped = false
  #reading: Promise<void> = Promise.resolve()
  #pending: Promise<void> | undefined
  #cancelPoll: () => void

  constructor(options: LogFollowerOptions, readAt: number) {
    this.#options = { ...options }
    this.#monotonic = monotonicBeside(options.clock)
    this.#readAt = readAt
    this.#beatAt = readAt
    this.#events = new EventList<SharedEvent>(this.heartbeat(), readAt)
    this.#cancelPoll = this.#pollAt(this.#monotonic() + POLL_MS)
  }

  /** When the log was last read, in milliseconds since 1970. */
  get readAt(): number {
    return this.#readAt
  }

  /** The last of what has come: in force by then. */
  get last(): Entry<SharedEvent> {
    return this.#events.last
  }

  heartbeat(): Heartbeat {
    const { revision } = this.#options.trust
    if (revision === undefined) throw new TypeError('The log was not read yet.')
    return { kind: 'heartbeat', revision, readAt: this.#readAt }
  }

  /**
   * Looks for what is new at once, as after a write of this process. Resolves once that is in force, or the log could not
   * be read; never rejects.
   */
  look(): Promise<void> {
    this.#pending ??= this.#reading.then(() => {
      this.#pending = undefined
      this.#reading = this.#readOn()
      return this.#reading
    })
    return this.#pending
  }

  /** Reads no more. Resolves once the log is let go of. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelPoll()
    await this.look()
  }

  /** By a clock that nobody sets back: until the other one had come as far again, nothing would be read. */
  #pollAt(time: number): () => void {
    return callAt(time, this.#monotonic, () => {
      // Counted from before the read: a clock that is moved during one must not be waited for.
      const begunAt = this.#monotonic()
      void this.look().then(() => {
        if (!this.#isStopped) this.#cancelPoll = this.#pollAt(begunAt + POLL_MS)
      })
    })
  }

  async #readOn(): Promise<void> {
    if (this.#isStopped) return
    const { logger } = this.#options
    try {
      await this.#readToEnd()
      if (this.#failures > 0) logger.info({ failures: this.#failures }, 'the trust log is read again')
      this.#failures = 0
    } catch (error) {
      this.#failures += 1
      const fields = { error: messageOf(error), readAt: new Date(this.#readAt).toISOString() }
      if (this.#failures === 1) logger.error(fields, 'the trust log cannot be read')
    }
    this.#beat()
  }

  async #readToEnd(): Promise<void> {
    const { trustLog, trust, clock } = this.#options
    for (;;) {
      const begunAt = clock()
      const after = trust.revision
      const { revision, changes, isLast } = await trustLog.read(after, PART_SIZE)
      if (after === undefined || revision.epoch !== after.epoch) await this.#beginAnew()
      // Also where nothing is in it: what was written last may have been pruned.
      else if (compareRevisions(revision, after) !== 0) this.#take({ after, revision, changes })
      if (!isLast) continue
      // What was read may be as old as the question.
      if (trust.vouch(revision, Math.max(0, clock() - begunAt))) this.#readAt = begunAt
      trust.forget(begunAt)
      return
    }
  }

  #take(delta: TrustDelta): void {
    const { trust, clock } = this.#options
    const { revision } = delta
    trust.apply(delta)
    this.#events.add(isOneMessage(delta) ? { kind: 'delta', delta } : { kind: 'break', revision }, clock())
  }

  /** The log is of another epoch: a backup was restored. */
  async #beginAnew(): Promise<void> {
    const { trustLog, trust, issuer, logger, clock } = this.#options
    const { contents } = await loadContents(trustLog, trust, issuer)
    const { revision } = contents
    trust.replace(contents)
    logger.warn({ revision: formatRevision(revision) }, 'the trust log has begun anew')
    this.#events.add({ kind: 'break', revision }, clock())
  }

  #beat(): void {
    const now = this.#options.clock()
    // Also where the clock was set back.
    if (Math.abs(now - this.#beatAt) < HEARTBEAT_MS) return
    this.#beatAt = now
    this.#events.add(this.heartbeat(), now)
  }
}
