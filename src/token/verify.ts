import { errors, type JWTPayload, jwtVerify } from 'jose'
import { type Clock, toEpochSeconds } from '../core/clock.ts'
import type { AuthError } from '../core/errors.ts'
import type { ServiceId } from '../identity/service-id.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import { type AccessTokenClaims, confirmationOf, parseClaims, REQUIRED_CLAIMS } from './claims.ts'
import { type CompactToken, parseCompactToken } from './compact.ts'
import { type TokenRefusalCode, tokenRefusal } from './token-refusal.ts'
import type { VerificationKey } from './verification-key.ts'

declare const verified: unique symbol

/** A token that this service accepts from the peer that sent it. Made by a `TokenVerifier` alone. */
export type VerifiedToken = AccessTokenClaims & { readonly [verified]: true }

/** Verifies a token in compact form, sent over a connection of `peer`; at once where it is known already. */
export type TokenVerifier = (text: string, peer: VerifiedPeer) => VerifiedToken | Promise<VerifiedToken>

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
  readonly clock: Clock
}

/** How far clocks may differ between the authority and a verifier. */
export const LEEWAY_SECONDS = 30

/** No token lives longer, whatever its issuer says. */
export const MAX_LIFETIME_SECONDS = 3600

/**
 * A verifier of access tokens: form, type and algorithm, signature, issuer, audience, binding to the
 * peer's certificate, time. A reason that tells the state of a token is given only to the peer that it is bound to.
 * Does not check scopes: the method's access rule does.
 * Errors: CREDENTIALS_MALFORMED, TOKEN_INVALID, TOKEN_AUDIENCE_MISMATCH, TOKEN_BINDING_MISMATCH, TOKEN_EXPIRED,
 * TOKEN_NOT_YET_VALID, VERIFIER_NOT_READY.
 * @see RFC 9068 section 4; RFC 8705 section 3; RFC 8725 section 3
 */
export function createTokenVerifier(
  options: TokenVerifierOptions,
): (text: string, peer: VerifiedPeer) => Promise<VerifiedToken> {
  return async (text, peer) => {
    const token = parseCompactToken(text)
    const { payload, failure } = await verifySigned(token, options)
    requireBinding(payload, peer)
    if (failure !== undefined) throw failure

    const claims = parseClaims(payload)
    if (claims.subject !== claims.clientId) throw tokenRefusal('TOKEN_INVALID', 'the subject is not the client')
    requireLifetime(claims, options.clock())
    return claims as VerifiedToken
  }
}

/** A payload whose signature was verified, and what jose had against its claims. */
interface SignedPayload {
  readonly payload: JWTPayload
  readonly failure?: AuthError
}

async function verifySigned(token: CompactToken, options: TokenVerifierOptions): Promise<SignedPayload> {
  const { issuer, keys } = options.trustedIssuer()
  const key = keys.get(token.keyId)
  if (key === undefined) throw tokenRefusal('TOKEN_INVALID', `key ${token.keyId} is unknown`)
  try {
    return await jwtVerify(token.text, key.publicKey, {
      typ: 'at+jwt',
      algorithms: ['ES256'],
      issuer,
      audience: options.audience,
      requiredClaims: REQUIRED_CLAIMS,
      clockTolerance: LEEWAY_SECONDS,
      currentDate: new Date(options.clock()),
    })
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      return { payload: error.payload, failure: tokenRefusal('TOKEN_EXPIRED', error.message) }
    }
    if (error instanceof errors.JWTClaimValidationFailed) {
      // A claim that is missing or of another type is no statement about audience or time.
      const code = error.reason === 'check_failed' ? CLAIM_CODES[error.claim] : undefined
      return { payload: error.payload, failure: tokenRefusal(code ?? 'TOKEN_INVALID', error.message) }
    }
    throw tokenRefusal('TOKEN_INVALID', error instanceof errors.JOSEError ? error.message : 'verification failed')
  }
}

const CLAIM_CODES: Readonly<Record<string, TokenRefusalCode>> = {
  aud: 'TOKEN_AUDIENCE_MISMATCH',
  nbf: 'TOKEN_NOT_YET_VALID',
}

function requireBinding(payload: JWTPayload, peer: VerifiedPeer): void {
  if (confirmationOf(payload) !== peer.thumbprint) {
    throw tokenRefusal('TOKEN_BINDING_MISMATCH', 'it is bound to another certificate')
  }
  if (payload['client_id'] !== peer.serviceId) {
    throw tokenRefusal('TOKEN_BINDING_MISMATCH', 'it was issued to another service')
  }
}

function requireLifetime(claims: AccessTokenClaims, now: number): void {
  if (claims.issuedAt > toEpochSeconds(now) + LEEWAY_SECONDS) {
    throw tokenRefusal('TOKEN_NOT_YET_VALID', 'it was issued in the future')
  }
  if (claims.expiresAt - claims.issuedAt > MAX_LIFETIME_SECONDS) {
    throw tokenRefusal('TOKEN_INVALID', `it lives longer than ${MAX_LIFETIME_SECONDS} s`)
  }
}
