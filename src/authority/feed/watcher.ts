import type { Clock } from '../../core/clock.ts'
import { compareRevisions, type Revision } from '../../trust/revision.ts'
import type { Entry } from './event-list.ts'
import type { SharedEvent } from './trust-event.ts'

/** Who watches: a process of a service. */
export interface WatcherIdentity {
  readonly service: string
  /** Of its certificate, in lowercase hex. */
  readonly serialNumber: string
}

/** Where a verifier is, of those that are connected. Times are in milliseconds. */
export interface WatcherStatus extends WatcherIdentity {
  /** What was sent to it; `undefined` for nothing. */
  readonly revision: Revision | undefined
  /** For how long the oldest change has been waiting to be sent to it; 0 where it has all. */
  readonly lagMs: number
  /** When it connected, since 1970. */
  readonly since: number
}

/** Whoever takes changes so slowly is cut off, and may come again. */
const MAX_BEHIND_ENTRIES = 10_000
const MAX_BEHIND_MS = 30_000

/** How far a verifier has come. It alone holds what has not been sent to it yet. */
export class Watcher {
  readonly #identity: WatcherIdentity
  readonly #clock: Clock
  readonly #since: number
  /** What was sent to it. */
  revision: Revision | undefined
  /** The last that it was sent of what comes to all; `undefined` once it is too far behind. */
  entry: Entry<SharedEvent> | undefined
  /** Since when it is told what it does not have yet. */
  #catchingUpSince: number | undefined

  constructor(identity: WatcherIdentity, entry: Entry<SharedEvent>, clock: Clock) {
    this.#identity = identity
    this.#clock = clock
    this.#since = clock()
    this.#catchingUpSince = this.#since
    this.entry = entry
  }

  get serialNumber(): string {
    return this.#identity.serialNumber
  }

  hasCaughtUp(): void {
    this.#catchingUpSince = undefined
  }

  status(): WatcherStatus {
    return { ...this.#identity, revision: this.revision, lagMs: this.#lagMs(), since: this.#since }
  }

  /** Lets go of what it has not been sent, where that is too much, or too old. */
  cutOffWhereBehind(last: Entry<SharedEvent>): void {
    if (this.entry === undefined) return
    const isBehind = last.number - this.entry.number > MAX_BEHIND_ENTRIES || this.#lagMs() > MAX_BEHIND_MS
    if (!isBehind) return
    this.#catchingUpSince = this.#firstMissed(this.entry)?.at ?? this.#clock()
    this.entry = undefined
  }

  #lagMs(): number {
    const since = this.#catchingUpSince ?? (this.entry && this.#firstMissed(this.entry)?.at)
    return since === undefined ? 0 : Math.max(0, this.#clock() - since)
  }

  #firstMissed(from: Entry<SharedEvent>): Entry<SharedEvent> | undefined {
    let entry = from.following
    while (entry !== undefined && !this.isMissing(entry.event)) entry = entry.following
    return entry
  }

  /** Whether an event tells of what the verifier does not have. */
  isMissing(event: SharedEvent): boolean {
    if (event.kind === 'heartbeat') return false
    const { revision } = event.kind === 'delta' ? event.delta : event
    return this.revision === undefined || compareRevisions(revision, this.revision) > 0
  }
}
