import type { Mishap } from '../ca/mishaps.ts'

/** How an authority is started. */
export interface AuthoritySettings {
  /** The configuration. */
  readonly config: string
  /** Of localhost; 0 takes a free one. */
  readonly port: number
  /** How far its clock is ahead. */
  readonly clockAheadMs: number
  /** That of the configuration unless told; less than a configuration may say. */
  readonly keyRotationSeconds: number | undefined
  /** Whether what it does to its store is counted, so that faults can land there. */
  readonly isGauged: boolean
}

/** What it is asked: how it is, or to have something happen to its store; no mishap ends the last. */
export type AuthorityOrder = { readonly ask: 'state' } | { readonly mishap: Mishap | undefined; readonly call: number }

export interface AuthorityState {
  /** In megabytes, now and the peak since its start. */
  readonly rssMb: number
  readonly peakRssMb: number
  /** For how long the process stood still at most since it was asked last. */
  readonly longestPauseMs: number
  /** Of everything that was published: keys, and what is revoked. */
  readonly keys: number
  readonly entries: number
}

/** What it says. */
export type AuthorityMessage =
  | { readonly kind: 'serves'; readonly port: number }
  | { readonly kind: 'state'; readonly state: AuthorityState }
  | { readonly kind: 'done' }
  | { readonly kind: 'logged'; readonly level: string; readonly message: string; readonly fields: object }
