import type { StoreMishap } from './store-gauge.ts'

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
}

/** What it is asked: how it is, or to have something befall it at its store; no mishap ends the last. */
export type AuthorityOrder =
  | { readonly ask: 'state' }
  | { readonly mishap: StoreMishap | undefined; readonly call: number }

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
