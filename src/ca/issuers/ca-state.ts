import type { TrustDomain } from '../../identity/service-id.ts'

/** The certificates of a CA, where each of them is in its life, and the bundles that follow from it. */
export interface CaState {
  readonly trustDomain: TrustDomain
  readonly authorities: readonly AuthorityRecord[]
  /** In the order of their sequence. */
  readonly statements: readonly RecordedStatement[]
}

/** A root, or an intermediate. */
export interface AuthorityRecord {
  readonly kind: 'root' | 'intermediate'
  /** Of an intermediate: which of those that serve side by side, one for each authority process. Of a root: `root`. */
  readonly name: string
  /** The subject key identifier, in lowercase hex; it names the key's file too. */
  readonly keyId: string
  /** SHA-256 of the SubjectPublicKeyInfo in base64url. */
  readonly keyThumbprint: string
  readonly state: AuthorityState
  /** PEM: the certificate, then those between it and its root. Undefined while it is only requested. */
  readonly certificateChain: string | undefined
  /** Who asked for it: `operator:alice`. */
  readonly requestedBy: string
  /** When it came into its state. Milliseconds since 1970. */
  readonly since: number
}

/**
 * - requested: its certificate is awaited from a root that is kept elsewhere
 * - prepared: it exists, and issues nothing yet
 * - active: it issues; of the roots, and of the intermediates of one name, at most one is
 * - retiring: it issues nothing any more; what it issued is good
 * - retired: what it issued has expired
 * - distrusted: nothing that it issued is good
 */
export type AuthorityState = 'requested' | 'prepared' | 'active' | 'retiring' | 'retired' | 'distrusted'

/** A statement of the trust domain's roots, signed by one that was a root before it. */
export interface RecordedStatement {
  readonly epoch: number
  readonly sequence: number
  /** The bytes that are signed, as text. */
  readonly text: string
  /** ECDSA with SHA-256, in DER, in base64. Undefined while it is awaited from a root that is kept elsewhere. */
  readonly signature: string | undefined
}

/** What is live of all that an intermediate has issued: neither expired nor revoked. */
export interface IssuerUsage {
  readonly liveCount: number
  /** When the last of them expires. Milliseconds since 1970. */
  readonly lastNotAfter: number
  /** When the first of them was recorded. Milliseconds since 1970. */
  readonly firstRecordedAt: number
}

/** By the key ID of the issuer; one without an entry has nothing live. */
export type Usage = ReadonlyMap<string, IssuerUsage>

/** Keeps the state of one CA. */
export interface CaLedger {
  /** Undefined where no CA has been made. */
  read(): Promise<CaState | undefined>
  /**
   * Notes a new CA.
   * @throws AuthError CONFIGURATION_INVALID where there is one already
   */
  create(state: CaState): Promise<void>
  /**
   * Changes the state: of several processes one after the other, each on what the one before has left.
   * @param change what it throws leaves the state as it was, and is thrown on. It may work on files; the store waits for
   *   it, and so it must not wait for the store.
   * @param now what is live at this time; milliseconds since 1970
   * @returns the state as it is then
   */
  update(change: (state: CaState, usage: Usage) => CaState | Promise<CaState>, now: number): Promise<CaState>
  /**
   * Holds the state as it is while files are brought to what it says: by several processes one after the other.
   * @param work must not wait for the store, which waits for it
   */
  hold<Result>(work: (state: CaState) => Promise<Result>): Promise<Result>
}
