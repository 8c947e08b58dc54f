/** A position in the trust log, which orders all that changes what verifiers trust. */
export interface Revision {
  /** A higher one begins the log anew: what was known of a lower one counts no more. */
  readonly epoch: number
  readonly sequence: number
}

/** Negative where `one` is before `other`, 0 where they are the same. */
export function compareRevisions(one: Revision, other: Revision): number {
  return one.epoch - other.epoch || one.sequence - other.sequence
}

/** For people: `1.42`. */
export function formatRevision({ epoch, sequence }: Revision): string {
  return `${epoch}.${sequence}`
}
