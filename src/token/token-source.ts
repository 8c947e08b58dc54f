import type { Scope } from '../core/scope.ts'
import type { ServiceId } from '../identity/service-id.ts'

/** Which token a call needs. */
export interface TokenRequest {
  readonly audience: ServiceId
  /** Empty: every scope that policy grants the caller at the audience. */
  readonly scopes: readonly Scope[]
  /** A token that the audience has just refused, in the place of which another is wanted. A secret: not for a log. */
  readonly insteadOf?: string
}

/**
 * Brings an access token in compact form: at once where it has one, else a promise of one from the authority.
 * Where it has no other than the refused one, it brings that one again, and the call stays refused.
 */
export type TokenSource = (request: TokenRequest) => string | Promise<string>
