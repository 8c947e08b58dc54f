import { boundedWarning } from '../core/bounded-warning.ts'
import { type Clock, monotonicBeside, systemClock, toEpochSeconds } from '../core/clock.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import { type Logger, silentLogger } from '../core/logger.ts'
import { Subscribers } from '../core/subscribers.ts'
import type { Credential } from '../identity/credential.ts'
import { parseCertificates } from '../identity/pem-certificates.ts'
import type { TrustChange } from './change.ts'
import { ClockComparison } from './clock-comparison.ts'
import { Age, type Freshness, freshnessOf } from './freshness.ts'
import { compareRevisions, formatRevision, type Revision } from './revision.ts'
import type { CertificateIdentity, RevocationIndex, TokenIdentity } from './revocation-index.ts'
import { ShortWait } from './short-wait.ts'
import { type Anchors, TrustContents, type TrustHead } from './trust-contents.ts'

export type { TrustHead } from './trust-contents.ts'

/** What has come. */
export interface TrustNews {
  /** The revocations and blocks that came; with a snapshot, all that stand. */
  readonly revocations: RevocationIndex
}

/** What has changed between two revisions. */
export interface TrustDelta {
  readonly after: Revision
  readonly revision: Revision
  readonly changes: readonly TrustChange[]
}

export interface TrustStateOptions {
  /** Whose trust domain and roots keys are verified with. */
  readonly credential: Pick<Credential, 'trustDomain' | 'bundle'>
  /** How long to go by what is known while no authority is heard. Default: 5 minutes. */
  readonly maxStalenessMs?: number
  /** Goes by it for ever: what is revoked while no authority is heard is let pass. */
  readonly dangerouslyTrustForever?: boolean
  /** Told of what is refused, and of a clock that is wrong. */
  readonly logger?: Logger
  readonly clock?: Clock
}

const MAX_STALENESS_MS = 5 * 60_000

/** How long a call may wait for a key, or for a sign of life, that the feed may be about to bring. */
const SHORT_WAIT_MS = 1_000

/** Others have a say in some reasons, and must not fill the log with them. */
const MAX_REASON_LENGTH = 1_000

/** The state that a trust feed keeps and that verifiers read. It does no I/O. */
export class TrustState {
  readonly #anchors: Anchors
  readonly #clock: Clock
  readonly #monotonic: Clock
  readonly #maxStalenessMs: number
  readonly #trustsForever: boolean
  readonly #logger: Logger
  readonly #subscribers = new Subscribers<TrustNews>()
  readonly #keyWait = new ShortWait(SHORT_WAIT_MS)
  readonly #lifeWait = new ShortWait(SHORT_WAIT_MS)
  readonly #comparison: ClockComparison
  #contents: TrustContents | undefined
  #head: TrustHead | undefined
  #age: Age | undefined
  #vouchCount = 0

  constructor(options: TrustStateOptions) {
    const { credential, clock = systemClock, logger = silentLogger } = options
    const warn = boundedWarning(logger, 'trust entry refused')
    this.#anchors = {
      trustDomain: credential.trustDomain,
      roots: parseCertificates(credential.bundle, 'the bundle'),
      clock,
      alarm: (reason) => warn({ reason: reason.slice(0, MAX_REASON_LENGTH) }),
    }
    this.#comparison = new ClockComparison(logger)
    this.#clock = clock
    this.#logger = logger
    this.#monotonic = monotonicBeside(clock)
    this.#maxStalenessMs = options.maxStalenessMs ?? MAX_STALENESS_MS
    this.#trustsForever = options.dangerouslyTrustForever ?? false
  }

  /** The head in force; `undefined` before the first. */
  get current(): TrustHead | undefined {
    return this.#head
  }

  /** Up to where everything is known; `undefined` before the first snapshot. */
  get revision(): Revision | undefined {
    return this.#contents?.revision
  }

  /** How many revocations and blocks are known. */
  get entryCount(): number {
    return this.#contents?.revocations.size ?? 0
  }

  /** How often an authority has vouched: what is read twice tells whether one has in between. */
  get vouchCount(): number {
    return this.#vouchCount
  }

  /** How far this process's clock is ahead of the authority's; negative where it is behind, `undefined` where nobody knows. */
  get clockAheadMs(): number | undefined {
    return this.#comparison.aheadMs
  }

  get freshness(): Freshness {
    return freshnessOf(this.#age, this.#maxStalenessMs)
  }

  /** Whether calls may be decided by what is known. */
  get isUsable(): boolean {
    if (this.#head === undefined || this.#age === undefined) return false
    return this.#trustsForever || this.#age.milliseconds <= this.#maxStalenessMs
  }

  /** @throws AuthError VERIFIER_NOT_READY where nothing is known, or what is known is too old */
  head(): TrustHead {
    if (this.#head === undefined || this.#age === undefined) {
      throw notReady('This service has not heard from the authority yet. Try again shortly.', 'no snapshot yet')
    }
    if (this.isUsable) return this.#head
    const seconds = Math.round(this.#age.milliseconds / 1000)
    throw notReady(
      'This service has not heard from the authority for too long. Try again once it has.',
      `no authority has vouched for ${seconds} s: check that one runs and can be reached`,
    )
  }

  /** Resolves once calls may be decided, or after a moment. */
  untilUsable(): Promise<void> {
    return this.#lifeWait.until(() => this.isUsable)
  }

  /** Resolves once a key is known, or after a moment. One that was revoked is known. */
  untilKeyKnown(keyId: string): Promise<void> {
    return this.#keyWait.until(
      () => this.#head?.keys.has(keyId) === true || this.#contents?.revocations.isSigningKeyRevoked(keyId) === true,
    )
  }

  /** @returns CERTIFICATE_REVOKED; `undefined` where nothing is known against a certificate */
  refusalOfCertificate(certificate: CertificateIdentity): AuthError | undefined {
    return this.#contents?.revocations.refusalOfCertificate(certificate)
  }

  /** @returns TOKEN_REVOKED; `undefined` where nothing is known against a token */
  refusalOfToken(token: TokenIdentity): AuthError | undefined {
    return this.#contents?.revocations.refusalOfToken(token)
  }

  /** Everything that is known, as the log has it. */
  *changes(): Generator<TrustChange> {
    if (this.#contents !== undefined) yield* this.#contents.changes()
  }

  /** Begins a snapshot: what is known stays in force until it is put in its place. */
  beginSnapshot(revision: Revision, issuer: string): TrustContents {
    if (issuer === '') throw outOfOrder('The snapshot names no issuer.')
    return new TrustContents(revision, issuer, this.#anchors, this.#contents?.roots)
  }

  /**
   * Puts a snapshot in force, all of it.
   * @throws AuthError REQUEST_INVALID where it is older than what is known
   */
  replace(contents: TrustContents): void {
    const { revision } = this
    if (revision !== undefined && compareRevisions(contents.revision, revision) < 0) {
      throw outOfOrder(
        `Revision ${formatRevision(contents.revision)} is older than ${formatRevision(revision)}, which is known.`,
      )
    }
    this.#contents = contents
    this.#publish(contents.revocations)
  }

  /**
   * Puts what has changed in force.
   * @throws AuthError REQUEST_INVALID where it does not follow on what is known; nothing is changed then
   */
  apply({ after, revision, changes }: TrustDelta): void {
    const contents = this.#contents
    const isNext = contents !== undefined && compareRevisions(after, contents.revision) === 0
    if (!isNext || compareRevisions(revision, after) <= 0 || revision.epoch !== after.epoch) {
      const known = contents === undefined ? 'nothing' : formatRevision(contents.revision)
      throw outOfOrder(`A change from ${formatRevision(after)} to ${formatRevision(revision)} came after ${known}.`)
    }
    this.#publish(contents.apply(revision, changes))
  }

  /**
   * An authority says that nothing is newer than a revision.
   * @param ageMs how long ago it looked
   * @param clockAheadMs how far this process's clock is ahead of that authority's, where it was measured
   * @returns whether that is what is known here: an authority that is behind, or ahead, vouches for nothing
   */
  vouch(revision: Revision, ageMs: number, clockAheadMs?: number): boolean {
    if (clockAheadMs !== undefined) this.#comparison.note(clockAheadMs)
    const contents = this.#contents
    if (contents === undefined || compareRevisions(revision, contents.revision) !== 0) return false
    this.#vouchCount += 1
    // Of two authorities the one that looked last counts.
    if (this.#age === undefined || this.#age.milliseconds > ageMs) {
      this.#age = new Age(ageMs, this.#clock, this.#monotonic)
    }
    this.#head = contents.head()
    this.#lifeWait.wake()
    return true
  }

  /**
   * Forgets some of what has expired by this process's clock and by an authority's: one that is set ahead for a moment
   * must not revive what is revoked, nor lose keys that come only once.
   * @param authorityTime the authority's clock now, or earlier: milliseconds since 1970
   */
  forget(authorityTime: number): void {
    const contents = this.#contents
    if (contents === undefined) return
    contents.forget(toEpochSeconds(Math.min(authorityTime, this.#clock())))
    this.#head = contents.head()
  }

  /** Calls `listener` with whatever comes later. Returns what ends that. */
  subscribe(listener: (news: TrustNews) => void): () => void {
    return this.#subscribers.add(listener)
  }

  #publish(revocations: RevocationIndex): void {
    const head = this.#contents?.head()
    if (head !== this.#head) {
      this.#head = head
      this.#keyWait.wake()
    }
    try {
      this.#subscribers.publish({ revocations })
    } catch (error) {
      // What is in force stays so where one who is told of it fails.
      this.#logger.error({ error: messageOf(error) }, 'not everyone could be told of a change of trust')
    }
  }
}

function notReady(message: string, logDetail: string): AuthError {
  return new AuthError('VERIFIER_NOT_READY', message, { logDetail })
}

function outOfOrder(message: string): AuthError {
  return new AuthError('REQUEST_INVALID', message)
}
