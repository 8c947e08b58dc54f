import { type ClientReadableStream, type StatusObject, status } from '@grpc/grpc-js'
import type { Clock } from '../core/clock.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import type { Delta__Output } from '../gen/countersign/v1/Delta.ts'
import type { Heartbeat__Output } from '../gen/countersign/v1/Heartbeat.ts'
import type { WatchResponse__Output } from '../gen/countersign/v1/WatchResponse.ts'
import { parseChanges, parseCount, parseRevision } from '../transport/trust-messages.ts'
import { Age, FRESH_MS } from '../trust/freshness.ts'
import { formatRevision, type Revision } from '../trust/revision.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { FeedTiming } from './feed-timing.ts'
import { SnapshotPages } from './snapshot-pages.ts'

export type WatchStream = ClientReadableStream<WatchResponse__Output>

export interface FeedSessionOptions {
  readonly stream: WatchStream
  readonly trust: TrustState
  /** Whether there is another authority to turn to. */
  readonly hasAlternative: boolean
  readonly clock: Clock
  readonly monotonic: Clock
  /** Runs with each heartbeat that vouches for what is known, and is not late. */
  readonly onVouch: () => void
  /** Runs once, unless the session was stopped. */
  readonly onEnd: (ending: FeedEnding) => void
}

/** Why a stream has ended. */
export type FeedEnding =
  /** By the authority: it stops, or has to be asked anew. */
  | { readonly kind: 'closed'; readonly reason: string }
  | { readonly kind: 'interrupted'; readonly reason: string }
  /** The connection brings nothing any more, or all of it too late. */
  | { readonly kind: 'silent'; readonly reason: string }
  /** What came cannot be right: nothing of it was applied. */
  | { readonly kind: 'refused'; readonly reason: string }

/** A heartbeat is sent as soon as a stream is opened. */
const OPENING_MS = 3_000

/** A process that slept, or whose clock was moved, learns of that before it reads what lies in its sockets. */
const GRACE_MS = 1_000

/** The first on a stream comes before what it tells of; and one may cross with a change. */
const MAX_MISMATCHES = 3

/** One stream of the trust feed: applies what comes, and ends where that is wrong, or where nothing comes. */
export class FeedSession {
  readonly #options: FeedSessionOptions
  readonly #timing: FeedTiming
  readonly #pages: SnapshotPages
  #isOpening = true
  /** Since the latest message was sent. */
  #silence: Age
  /** Since the authority read its log. */
  #unread: Age
  #mismatches = 0
  #grace: NodeJS.Timeout | undefined

  /** Takes a stream that has just been opened. */
  constructor(options: FeedSessionOptions) {
    const { stream, trust, clock, monotonic } = options
    this.#options = options
    this.#timing = new FeedTiming(clock, monotonic)
    this.#pages = new SnapshotPages(trust)
    this.#silence = this.#age(0)
    this.#unread = this.#age(0)
    stream.on('data', (message: WatchResponse__Output) => this.#receive(message))
    stream.on('error', () => {}) // the status says the same
    stream.on('status', (ending: StatusObject) => this.#end(endingOf(ending)))
  }

  /** Ends the stream where it does not live any more; to be called now and then. */
  look(): void {
    if (this.#grace !== undefined || this.#problem() === undefined) return
    const lookAgain = () => {
      this.#grace = undefined
      const problem = this.#problem()
      if (problem !== undefined) this.#end(problem)
    }
    this.#grace = setTimeout(lookAgain, GRACE_MS).unref()
  }

  stop(): void {
    clearTimeout(this.#grace)
    this.#options.stream.removeAllListeners('data').removeAllListeners('status').cancel()
  }

  #end(ending: FeedEnding): void {
    this.stop()
    this.#options.onEnd(ending)
  }

  #problem(): FeedEnding | undefined {
    const silenceMs = this.#silence.milliseconds
    if (this.#isOpening && silenceMs > OPENING_MS) return { kind: 'interrupted', reason: 'no answer' }
    if (silenceMs > FRESH_MS) return { kind: 'silent', reason: `nothing has come for ${seconds(silenceMs)}` }
    const unreadMs = this.#unread.milliseconds
    if (unreadMs <= FRESH_MS || !this.#options.hasAlternative) return undefined
    return { kind: 'interrupted', reason: `the authority has not read the trust log for ${seconds(unreadMs)}` }
  }

  #receive({ heartbeat, snapshot, delta }: WatchResponse__Output): void {
    try {
      if (heartbeat) this.#hear(heartbeat)
      else if (snapshot) this.#pages.add(snapshot)
      else if (delta) this.#apply(delta)
      else throw new AuthError('REQUEST_INVALID', 'A message of the trust feed is of no kind that is known here.')
      if (!heartbeat) this.#noteMessage(0)
    } catch (error) {
      this.#end({ kind: 'refused', reason: messageOf(error) })
    }
  }

  #apply({ after, revision, changes }: Delta__Output): void {
    if (this.#pages.isUnderWay) throw new AuthError('REQUEST_INVALID', 'A change came in the middle of a snapshot.')
    this.#options.trust.apply({
      after: parseRevision(after),
      revision: parseRevision(revision),
      changes: parseChanges(changes),
    })
  }

  #hear(heartbeat: Heartbeat__Output): void {
    const { trust, onVouch } = this.#options
    const revision = parseRevision(heartbeat.revision)
    const times = { readAtMs: parseCount(heartbeat.readAtMs), sentAtMs: parseCount(heartbeat.sentAtMs) }
    const timing = this.#timing.measure(times)
    if (timing === undefined) {
      this.#end({ kind: 'interrupted', reason: 'the clock of the authority was set ahead' })
      return
    }
    const { ageMs, delayMs, clockAheadMs } = timing
    this.#noteMessage(delayMs)
    if (ageMs < this.#unread.milliseconds) this.#unread = this.#age(ageMs)
    trust.forget(times.sentAtMs)
    if (!trust.vouch(revision, ageMs, clockAheadMs)) this.#noteMismatch(revision)
    else {
      this.#mismatches = 0
      if (ageMs <= FRESH_MS) onVouch()
    }
  }

  #noteMismatch(revision: Revision): void {
    if (!this.#pages.isUnderWay) this.#mismatches += 1
    if (this.#mismatches <= MAX_MISMATCHES) return
    const known = this.#options.trust.revision
    const here = known === undefined ? 'nothing' : formatRevision(known)
    const reason = `the authority stays at revision ${formatRevision(revision)}, while ${here} is known`
    this.#end({ kind: 'interrupted', reason })
  }

  #noteMessage(delayMs: number): void {
    this.#isOpening = false
    if (delayMs < this.#silence.milliseconds) this.#silence = this.#age(delayMs)
  }

  #age(milliseconds: number): Age {
    return new Age(milliseconds, this.#options.clock, this.#options.monotonic)
  }
}

/** Whoever ends a stream on purpose ends it with OK. */
function endingOf({ code, details }: StatusObject): FeedEnding {
  return code === status.OK
    ? { kind: 'closed', reason: 'the authority ended the stream' }
    : { kind: 'interrupted', reason: details }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`
}
