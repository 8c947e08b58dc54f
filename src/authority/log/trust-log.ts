import type { TrustChange } from '../../trust/change.ts'
import type { Revision } from '../../trust/revision.ts'

/** Who has changed what verifiers trust, for the record. */
export interface Origin {
  /** `operator:alice`, or a service ID. */
  readonly by: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** In words; empty where none was given. */
  readonly reason: string
}

/** A part of the log, in its order. */
export interface LogPart {
  /** Up to where all is in it. Of the last part: where the log ended. */
  readonly revision: Revision
  readonly changes: readonly TrustChange[]
  /** Whether nothing came after it by then. */
  readonly isLast: boolean
}

/**
 * The log of all that changes what verifiers trust, and at the same time all that stands: of two changes of one kind and
 * ID the later one is kept. It is ordered by a counter that is locked in the writing transaction, so that the order of
 * commits is the order of revisions; all changes of one revision were committed together.
 */
export interface TrustLog {
  /**
   * Resolves once the changes are on disk, with the revision at which they stand.
   * @throws AuthError STORE_UNAVAILABLE; nothing is changed then
   */
  append(changes: readonly TrustChange[], origin: Origin): Promise<Revision>
  /**
   * What has changed after a revision; without one, all that stands. About `limit` changes at most, those of the last
   * revision all of them. Where the revision is of another epoch, all that stands.
   */
  read(after: Revision | undefined, limit: number): Promise<LogPart>
  /** Asks every authority to sign with a new key from now on. @param at milliseconds since 1970 */
  requestKeyRotation(origin: Origin): Promise<void>
  /** When that was asked for last, in milliseconds since 1970: later each time. 0 where it never was. */
  keyRotationRequestedAt(): Promise<number>
  /** Forgets what has expired, some of it at a time. @returns whether there may be more @param now milliseconds since 1970 */
  prune(now: number): Promise<boolean>
}
