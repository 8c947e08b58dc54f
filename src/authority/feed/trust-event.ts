import type { TrustChange } from '../../trust/change.ts'
import type { Revision } from '../../trust/revision.ts'
import type { TrustDelta } from '../../trust/trust-state.ts'

/** What a verifier is told. */
export type TrustEvent = Heartbeat | SnapshotPage | DeltaEvent

/** Says that nothing is newer than a revision. */
export interface Heartbeat {
  readonly kind: 'heartbeat'
  readonly revision: Revision
  /** When the log was last read, in milliseconds since 1970. */
  readonly readAt: number
}

/** A part of all that stands at a revision. */
export interface SnapshotPage {
  readonly kind: 'page'
  readonly revision: Revision
  /** From 1. */
  readonly page: number
  readonly isLast: boolean
  readonly issuer: string
  readonly changes: readonly TrustChange[]
}

export interface DeltaEvent {
  readonly kind: 'delta'
  readonly delta: TrustDelta
}

/** What comes to all who watch. */
export type SharedEvent = Heartbeat | DeltaEvent | Break

/** Something that no delta tells. Whoever is at an earlier revision has to ask anew. */
export interface Break {
  readonly kind: 'break'
  readonly revision: Revision
}

/** A page is built, and a verifier takes it, in a few milliseconds. */
export const PAGE_CHANGES = 5_000
export const PAGE_BYTES = 256 * 1024

/** Well below the 4 MB that gRPC takes as one message. */
const MAX_DELTA_BYTES = 1024 * 1024

/** Whether a delta is fit to be one message. */
export function isOneMessage({ changes }: TrustDelta): boolean {
  let bytes = 0
  for (const change of changes) bytes += sizeOf(change)
  return bytes <= MAX_DELTA_BYTES
}

/** How much a change takes in a message, at most: bytes. */
export function sizeOf(change: TrustChange): number {
  if (change.kind === 'roots') return change.text.length * 3 + change.signature.length + FRAME_BYTES
  const idBytes = change.id.length * 3 + FRAME_BYTES
  if (change.kind !== 'key') return idBytes
  const { statement, signature, certificateChain } = change
  const chain = certificateChain.reduce((sum, { length }) => sum + length + FRAME_BYTES, 0)
  return idBytes + statement.length * 3 + signature.length + chain + FRAME_BYTES
}

/** Lengths, tags and times. */
const FRAME_BYTES = 16
