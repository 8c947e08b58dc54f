import { type Clock, toEpochSeconds } from '../core/clock.ts'
import { createPrivateField } from '../core/private-field.ts'
import type { ServiceId } from '../identity/service-id.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import { type AccessTokenClaims, confirmationOf, parseClaims } from './claims.ts'
import { type Payload, parseCompactToken } from './compact.ts'
import { tokenRefusal } from './token-refusal.ts'
import { requireSignature } from './token-signature.ts'
import type { VerificationKey } from './verification-key.ts'

declare const verified: unique symbol

/** A token that this service accepts from the peer that sent it. Made by a `TokenVerifier` alone. */
export type VerifiedToken = AccessTokenClaims & {
  readonly [verified]: true
  /** Of the key that signed it. */
  readonly keyId: string
}

/** Apart from the claims: whoever prints a token is to print no credential. */
const texts = createPrivateField<VerifiedToken, string>()

/** A token as it was sent, for exchanging it on behalf of its subject. */
export function textOf(token: VerifiedToken): string | undefined {
  return texts.get(token)
}

/** Verifies a token in compact form, sent over a connection of `peer`; at once where it is known already. */
export type TokenVerifier = (text: string, peer: VerifiedPeer) => VerifiedToken | Promise<VerifiedToken>

/** Verifies a token afresh. */
export type AsyncTokenVerifier = (text: string, peer: VerifiedPeer) => Promise<VerifiedToken>

/** Whose tokens are accepted. */
export interface TrustedIssuer {
  readonly issuer: string
  /** By key ID. */
  readonly keys: ReadonlyMap<string, VerificationKey>
}

export interface TokenVerifierOptions {
  /** The service that verifies: a token must be for it. */
  readonly audience: ServiceId
  /** What is trusted now. May throw VERIFIER_NOT_READY. */
  readonly trustedIssuer: () => TrustedIssuer
  /** Waits a moment for a key that may be about to become known. Default: it is not waited for. */
  readonly untilKeyKnown?: (keyId: string) => Promise<void>
  readonly clock: Clock
}

/** How far clocks may differ between the authority and a verifier. */
export const LEEWAY_SECONDS = 30

/** No token lives longer, whatever its issuer says. */
export const MAX_LIFETIME_SECONDS = 3600

/**
 * A verifier of access tokens: form, type and algorithm, signature, binding to the peer's certificate, issuer, audience,
 * time. A reason that tells the state of a token is given only to the peer that it is bound to.
 * Does not check scopes: the method's access rule does.
 * Errors: CREDENTIALS_MALFORMED, TOKEN_INVALID, TOKEN_AUDIENCE_MISMATCH, TOKEN_BINDING_MISMATCH, TOKEN_EXPIRED,
 * TOKEN_NOT_YET_VALID, VERIFIER_NOT_READY.
 * @see RFC 9068 section 4; RFC 8705 section 3; RFC 8725 section 3
 */
export function createTokenVerifier(options: TokenVerifierOptions): AsyncTokenVerifier {
  const { audience, trustedIssuer, untilKeyKnown, clock } = options
  return async (text, peer) => {
    const token = parseCompactToken(text)
    if (untilKeyKnown !== undefined && !trustedIssuer().keys.has(token.keyId)) await untilKeyKnown(token.keyId)
    const { issuer, keys } = trustedIssuer()
    await requireSignature(token, keys.get(token.keyId))
    requireBinding(token.payload, peer)
    requireAudience(token.payload, audience)
    const now = toEpochSeconds(clock())
    requireTime(token.payload, now)

    const claims = parseClaims(token.payload)
    if (claims.issuer !== issuer) throw tokenRefusal('TOKEN_INVALID', 'it is of another issuer')
    if (claims.subject !== claims.clientId) throw tokenRefusal('TOKEN_INVALID', 'the subject is not the client')
    requireLifetime(claims, now)
    const accepted = { ...claims, keyId: token.keyId } as VerifiedToken
    texts.set(accepted, text)
    return accepted
  }
}

function requireBinding(payload: Payload, peer: VerifiedPeer): void {
  if (confirmationOf(payload) !== peer.thumbprint) {
    throw tokenRefusal('TOKEN_BINDING_MISMATCH', 'it is bound to another certificate')
  }
  if (payload['client_id'] !== peer.serviceId) {
    throw tokenRefusal('TOKEN_BINDING_MISMATCH', 'it was issued to another service')
  }
}

/** A token without an audience, or for several, is malformed rather than for somebody else. */
function requireAudience({ aud }: Payload, audience: ServiceId): void {
  if (aud === undefined || aud === audience || (Array.isArray(aud) && aud.includes(audience))) return
  throw tokenRefusal('TOKEN_AUDIENCE_MISMATCH', 'it is for another service')
}

function requireTime({ exp, nbf = 0 }: Payload, now: number): void {
  if (typeof nbf !== 'number') throw tokenRefusal('TOKEN_INVALID', 'claim nbf: not a number')
  if (nbf > now + LEEWAY_SECONDS) throw tokenRefusal('TOKEN_NOT_YET_VALID', `it is valid in ${nbf - now} s`)
  if (typeof exp === 'number' && exp <= now - LEEWAY_SECONDS) {
    throw tokenRefusal('TOKEN_EXPIRED', `it expired ${now - exp} s ago`)
  }
}

function requireLifetime({ issuedAt, expiresAt }: AccessTokenClaims, now: number): void {
  if (issuedAt > now + LEEWAY_SECONDS) throw tokenRefusal('TOKEN_NOT_YET_VALID', 'it was issued in the future')
  if (expiresAt - issuedAt > MAX_LIFETIME_SECONDS) {
    throw tokenRefusal('TOKEN_INVALID', `it lives longer than ${MAX_LIFETIME_SECONDS} s`)
  }
}
