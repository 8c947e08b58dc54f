import { AuthError } from '../core/errors.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import { tokenRefusal } from '../token/token-refusal.ts'
import { LEEWAY_SECONDS, type VerifiedToken } from '../token/verify.ts'
import type { TrustState } from '../trust/trust-state.ts'

/** What a call rests on. */
interface Basis {
  readonly peer: VerifiedPeer | undefined
  readonly token: VerifiedToken | undefined
}

/**
 * CERTIFICATE_EXPIRED or TOKEN_EXPIRED, where what a call under way rests on has ended meanwhile.
 * @param now milliseconds since 1970
 */
export function expiryRefusal({ peer, token }: Basis, now: number): AuthError | undefined {
  if (peer !== undefined && now > peer.notAfter) return certificateExpired()
  // As the verifier has it, which lets a token begin no call from then on.
  if (token !== undefined && now >= (token.expiresAt + LEEWAY_SECONDS) * 1000) {
    return tokenRefusal('TOKEN_EXPIRED', 'it expired during the call')
  }
  return undefined
}

/** TOKEN_INVALID, where the key that signed the token of a call under way is not trusted any more. */
export function lostKeyRefusal({ token }: Basis, { current }: TrustState): AuthError | undefined {
  if (token === undefined || current === undefined || current.keys.has(token.keyId)) return undefined
  return tokenRefusal('TOKEN_INVALID', `key ${token.keyId} is not trusted any more`)
}

export function certificateExpired(): AuthError {
  return new AuthError('CERTIFICATE_EXPIRED', 'The certificate of this connection has expired. Connect with a new one.')
}
