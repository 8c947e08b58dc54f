/** What the trust log says. A later change of the same kind and ID takes the place of an earlier one. */
export type TrustChange = KeyPublication | RootsStatement | Revocation

export type Revocation = RevokedById | RevokedUpTo | Block

/** An ID that is empty, or longer, is none of anything: a message with one is garbled. */
export const MAX_ID_LENGTH = 2048

/**
 * What is refused by its ID:
 * - token: by `jti`
 * - grant: by `grant_id`, and with it all tokens that descend from it
 * - certificate: by serial number, in lowercase hex
 * - intermediate: by subject key identifier, in lowercase hex, and with it all certificates below it
 * - signingKey: by key ID, and with it all tokens that it signed
 */
export interface RevokedById {
  readonly kind: 'token' | 'grant' | 'certificate' | 'intermediate' | 'signingKey'
  readonly id: string
  /** Whole seconds since 1970: from then on what it stands for has expired in any case. */
  readonly until: number
}

/** The last second that travels to verifiers: what is revoked until then is never forgotten. */
export const LAST_SECOND = 2 ** 32 - 1

/**
 * Tokens that are refused if they were issued up to a time:
 * - subject: by `sub`
 * - client: by `client_id`
 * - service: by either, which is its service ID
 */
export interface RevokedUpTo {
  readonly kind: 'subject' | 'client' | 'service'
  readonly id: string
  /** Whole seconds since 1970. */
  readonly upTo: number
}

/** A service that is refused, whatever it has, until that is lifted. */
export interface Block {
  readonly kind: 'block'
  /** Its service ID. */
  readonly id: string
  readonly isLifted: boolean
}

/** The public half of a token signing key, on the word of an authority. Nothing of it is verified. */
export interface KeyPublication {
  readonly kind: 'key'
  /** The key ID. */
  readonly id: string
  /** As `encodeKeyStatement` writes it. */
  readonly statement: string
  /** Of the statement's bytes, with the key of the first certificate: ECDSA with SHA-256, in DER. */
  readonly signature: Buffer
  /** DER: that of the authority, then those between it and its root. */
  readonly certificateChain: readonly Buffer[]
}

/** The roots of the trust domain, on the word of one of them. Nothing of it is verified. */
export interface RootsStatement {
  readonly kind: 'roots'
  readonly text: string
  /** ECDSA with SHA-256, in DER. */
  readonly signature: Buffer
}
