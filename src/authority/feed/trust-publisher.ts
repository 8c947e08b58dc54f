import type { Clock } from '../../core/clock.ts'
import { AuthError } from '../../core/errors.ts'
import { compareRevisions, type Revision } from '../../trust/revision.ts'
import type { TrustState } from '../../trust/trust-state.ts'
import type { LogFollower } from '../log/log-follower.ts'
import type { TrustLog } from '../log/trust-log.ts'
import { EventReader } from './event-list.ts'
import { missedDeltas } from './missed-deltas.ts'
import type { DeltaEvent, SharedEvent, TrustEvent } from './trust-event.ts'
import { snapshotOf } from './trust-snapshot.ts'
import { Watcher, type WatcherIdentity, type WatcherStatus } from './watcher.ts'

export interface TrustPublisherOptions {
  readonly follower: LogFollower
  readonly trustLog: TrustLog
  /** Of the follower. */
  readonly trust: TrustState
  readonly clock: Clock
}

/** With one certificate: replicas of a service may share one, and what they have lost counts until this side notices. */
const MAX_WATCHES = 1_000

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
   * stands), a heartbeat, and then what comes; a heartbeat once more where the verifier was ahead at first. Ends where it
   * has to ask anew from where it is: it is too slow, or no change tells of what is new.
   * @throws AuthError RATE_LIMITED
   */
  async *watch(
    after: Revision | undefined,
    identity: WatcherIdentity,
    signal: AbortSignal,
  ): AsyncGenerator<TrustEvent> {
    const { follower, clock } = this.#options
    this.#requireRoom(identity)
    const watcher = new Watcher(identity, follower.last, clock)
    this.#watchers.add(watcher)
    try {
      yield follower.heartbeat()
      yield* this.#catchUp(watcher, after)
      watcher.hasCaughtUp()
      yield follower.heartbeat()
      yield* this.#follow(watcher, signal)
    } finally {
      this.#watchers.delete(watcher)
    }
  }

  /** Looks after nobody any more. Whoever watches is ended by the signal that came with it. */
  stop(): void {
    this.#stopping.abort()
  }

  /** To tell a new one all that stands takes time and memory, and a process needs one. */
  #requireRoom({ serialNumber }: WatcherIdentity): void {
    let count = 0
    for (const watcher of this.#watchers) if (watcher.serialNumber === serialNumber) count += 1
    if (count < MAX_WATCHES) return
    const problem = `This certificate has ${count} trust feeds open. A process needs one: give its replicas certificates of their own.`
    throw new AuthError('RATE_LIMITED', problem)
  }

  async *#catchUp(watcher: Watcher, after: Revision | undefined): AsyncGenerator<TrustEvent> {
    const { trust } = this.#options
    watcher.revision = after
    if (after !== undefined && trust.revision !== undefined) {
      // One that has more than this process is told what it lacks once this has come so far.
      if (compareRevisions(after, trust.revision) >= 0) return
      const missed = await this.#missedDeltas(after)
      if (missed !== undefined) {
        yield* missed
        watcher.revision = missed.at(-1)?.delta.revision ?? after
        return
      }
    }
    for await (const page of snapshotOf(trust)) {
      yield page
      if (page.isLast) watcher.revision = page.revision
    }
  }

  async *#follow(watcher: Watcher, signal: AbortSignal): AsyncGenerator<TrustEvent> {
    const { follower, trust } = this.#options
    let isVouchedFor = isAt(watcher, trust.revision)
    using reader = new EventReader<SharedEvent>(signal)
    while (watcher.entry !== undefined) {
      const entry = await reader.after(watcher.entry)
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
      if (isVouchedFor || !isAt(watcher, trust.revision)) continue
      isVouchedFor = true
      yield follower.heartbeat()
    }
  }

  /** `undefined` as well where the log cannot be read: what stands is known without it. */
  async #missedDeltas(after: Revision): Promise<readonly DeltaEvent[] | undefined> {
    try {
      const deltas = await missedDeltas(this.#options.trustLog, after)
      return deltas?.map((delta) => ({ kind: 'delta', delta }))
    } catch (error) {
      if (error instanceof AuthError) return undefined
      throw error
    }
  }

  async #cutOffWhoIsBehind(): Promise<void> {
    using reader = new EventReader<SharedEvent>(this.#stopping.signal)
    for (let entry = this.#options.follower.last; ; ) {
      const next = await reader.after(entry)
      if (next === undefined) return
      entry = next
      if (entry.event.kind === 'heartbeat') for (const watcher of this.#watchers) watcher.cutOffWhereBehind(entry)
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

function isAt({ revision }: Watcher, expected: Revision | undefined): boolean {
  return revision !== undefined && expected !== undefined && compareRevisions(revision, expected) === 0
}

const NOTHING: Revision = { epoch: 0, sequence: 0 }
