import type { Revision__Output } from '../gen/countersign/v1/Revision.ts'
import { parseCount, parseRevision } from '../transport/trust-messages.ts'
import { formatRevision } from '../trust/revision.ts'

/** What a process says of itself: for programs, and in lines for people. */
export interface Status {
  readonly result: object
  readonly lines: readonly string[]
}

export function revisionText(revision: Revision__Output | null): string {
  return revision === null ? 'none' : formatRevision(parseRevision(revision))
}

/** @param milliseconds since 1970, as 64-bit integers come */
export function timeText(milliseconds: string): string {
  return new Date(parseCount(milliseconds)).toISOString()
}
