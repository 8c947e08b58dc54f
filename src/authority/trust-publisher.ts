import type { Clock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import { compareRevisions, type Revision } from '../trust/revision.ts'
import type { TrustDelta, TrustState } from '../trust/trust-state.ts'
import { nextOf } from './event-list.ts'
import type { LogFollower } from './log-follower.ts'
import { missedDeltas } from './missed-deltas.ts'
import type { DeltaEvent, TrustEvent } from './trust-event.ts'
import type { TrustLog } from './trust-log.ts'
import { snapshotOf } from './trust-snapshot.ts'
import { Watcher, type WatcherIdentity, type WatcherStatus } from './watcher.ts'

export interface TrustPublisherOptions {
  readonly follower: LogFollower
  readonly trustLog: TrustLog
  /** Of the follower. */
  readonly trust: TrustState
  readonly clock: Clock
}

/** Tells verifiers what to trust, each at its own pace. */
export class TrustPublisher {
  readonly #options: TrustPublisherOptions
  readonly #watchers = new Set<Watcher>()
  readonly #stopping = new AbortController()

  constructor(options: TrustPublisherOptions) {
    this.#options = { ...options }
    void this.#cutOffWhoIsBehind()
  }

  /** Each verifier that is connected. */
  get watchers(): readonly WatcherStatus[] {
    return [...this.#watchers].map((watcher) => watcher.status())
  }

  /**
   * What a verifier is told that knows all up to a revision: a heartbeat, what it has missed (as changes, else all that
   * stands), a heartbeat, and then what comes. Ends where the verifier has to ask anew from where it is: it is too slow,
   * or no change tells of what is new.
   */
  async *watch(
    after: Revision | undefined,
    identity: WatcherIdentity,
    signal: AbortSignal,
  ): AsyncGenerator<TrustEvent> {
    const { follower, clock } = this.#options
    const watcher = new Watcher(identity, follower.last, clock)
    this.#watchers.add(watcher)
    try {
      yield follower.heartbeat()
      yield* this.#catchUp(watcher, after)
      watcher.hasCaughtUp()
      yield follower.heartbeat()
      yield* follow(watcher, signal)
    } finally {
      this.#watchers.delete(watcher)
    }
  }

  /** Looks after nobody any more. Whoever watches is ended by the signal that came with it. */
  stop(): void {
    this.#stopping.abort()
  }

  async *#catchUp(watcher: Watcher, after: Revision | undefined): AsyncGenerator<TrustEvent> {
    const { trust } = this.#options
    watcher.revision = after
    if (after !== undefined && trust.revision !== undefined) {
      // One that has more than this process is told what it lacks once this has come so far.
      if (compareRevisions(after, trust.revision) >= 0) return
      const deltas = await this.#missedDeltas(after)
      if (deltas !== undefined) return yield* tell(deltas, watcher)
    }
    for await (const page of snapshotOf(trust)) {
      yield page
      if (page.isLast) watcher.revision = page.revision
    }
  }

  /** `undefined` as well where the log cannot be read: what stands is known without it. */
  async #missedDeltas(after: Revision): Promise<readonly TrustDelta[] | undefined> {
    try {
      return await missedDeltas(this.#options.trustLog, after)
    } catch (error) {
      if (error instanceof AuthError) return undefined
      throw error
    }
  }

  async #cutOffWhoIsBehind(): Promise<void> {
    for (let entry = this.#options.follower.last; ; ) {
      const next = await nextOf(entry, this.#stopping.signal)
      if (next === undefined) return
      entry = next
      if (entry.event.kind === 'heartbeat') for (const watcher of this.#watchers) watcher.cutOffWhereBehind(entry)
    }
  }
}

async function* tell(deltas: readonly TrustDelta[], watcher: Watcher): AsyncGenerator<TrustEvent> {
  for (const delta of deltas) {
    yield { kind: 'delta', delta }
    watcher.revision = delta.revision
  }
}

async function* follow(watcher: Watcher, signal: AbortSignal): AsyncGenerator<TrustEvent> {
  while (watcher.entry !== undefined) {
    const entry = await nextOf(watcher.entry, signal)
    if (entry === undefined || watcher.entry === undefined) return
    watcher.entry = entry
    const { event } = entry
    if (event.kind === 'heartbeat') yield event
    else if (watcher.isMissing(event)) {
      const next = event.kind === 'delta' ? nextAfter(watcher.revision ?? NOTHING, event) : undefined
      if (next === undefined) return
      yield next
      watcher.revision = next.delta.revision
    }
  }
}

/**
 * A change for whoever knows all up to a revision; undefined where that is too little. One who knows the beginning of it
 * already, by the log itself or from another authority, is told that again: what comes twice changes nothing.
 */
function nextAfter(known: Revision, event: DeltaEvent): DeltaEvent | undefined {
  const order = compareRevisions(event.delta.after, known)
  if (order > 0) return undefined
  return order === 0 ? event : { kind: 'delta', delta: { ...event.delta, after: known } }
}

const NOTHING: Revision = { epoch: 0, sequence: 0 }
