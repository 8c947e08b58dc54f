import type { Scope } from '../core/scope.ts'
import type { ServiceId } from '../identity/service-id.ts'

/** Which token a call needs. */
export interface TokenRequest {
  readonly audience: ServiceId
  /** Empty: every scope that policy grants the caller at the audience. */
  readonly scopes: readonly Scope[]
}

/** Brings an access token in compact form, from a cache or from the authority. */
export type TokenSource = (request: TokenRequest) => Promise<string>
