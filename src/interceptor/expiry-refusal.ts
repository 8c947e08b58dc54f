import { AuthError } from '../core/errors.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import { tokenRefusal } from '../token/token-refusal.ts'
import { LEEWAY_SECONDS, type VerifiedToken } from '../token/verify.ts'

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

export function certificateExpired(): AuthError {
  return new AuthError('CERTIFICATE_EXPIRED', 'The certificate of this connection has expired. Connect with a new one.')
}
