import type { AuthError } from '../core/errors.ts'
import { formatScopes, parseScopeList, type Scope } from '../core/scope.ts'
import { parseServiceId, type ServiceId } from '../identity/service-id.ts'
import { tokenRefusal } from './token-refusal.ts'

/** What an access token says (RFC 9068 section 2.2), bound to a certificate (RFC 8705 section 3.1). */
export interface AccessTokenClaims {
  readonly issuer: string
  /** On whose behalf. */
  readonly subject: ServiceId
  /** The one service that the token is for. */
  readonly audience: ServiceId
  /** The service that the token was issued to. */
  readonly clientId: ServiceId
  readonly scopes: readonly Scope[]
  readonly tokenId: string
  /** The root authorization that the token descends from. */
  readonly grantId: string
  /** Whole seconds since 1970. */
  readonly issuedAt: number
  /** Whole seconds since 1970. */
  readonly expiresAt: number
  /** SHA-256 of the client certificate's DER in base64url. */
  readonly thumbprint: string
}

/** Claims in their wire form. */
export function encodeClaims(claims: AccessTokenClaims): Record<string, unknown> {
  return {
    iss: claims.issuer,
    sub: claims.subject,
    aud: claims.audience,
    client_id: claims.clientId,
    scope: formatScopes(claims.scopes),
    jti: claims.tokenId,
    grant_id: claims.grantId,
    iat: claims.issuedAt,
    exp: claims.expiresAt,
    cnf: { 'x5t#S256': claims.thumbprint },
  }
}

/**
 * Parses the claims of a token whose signature was verified. Checks their form, not their values.
 * @throws AuthError TOKEN_INVALID
 */
export function parseClaims(payload: Readonly<Record<string, unknown>>): AccessTokenClaims {
  // A chain of actors changes what the other claims mean: a verifier that does not read it must not go on.
  if (payload['act'] !== undefined) throw invalid('act', 'a chain of actors is not accepted')
  return {
    issuer: requireText(payload, 'iss'),
    subject: requireServiceId(payload, 'sub'),
    audience: requireServiceId(payload, 'aud'),
    clientId: requireServiceId(payload, 'client_id'),
    scopes: requireScopes(payload),
    tokenId: requireId(payload, 'jti'),
    grantId: requireId(payload, 'grant_id'),
    issuedAt: requireSeconds(payload, 'iat'),
    expiresAt: requireSeconds(payload, 'exp'),
    thumbprint: requireThumbprint(payload),
  }
}

/** The certificate thumbprint in `cnf`, if it is there. */
export function confirmationOf(payload: Readonly<Record<string, unknown>>): string | undefined {
  const confirmation = payload['cnf']
  if (typeof confirmation !== 'object' || confirmation === null) return undefined
  const thumbprint = (confirmation as Record<string, unknown>)['x5t#S256']
  return typeof thumbprint === 'string' ? thumbprint : undefined
}

function requireThumbprint(payload: Readonly<Record<string, unknown>>): string {
  const thumbprint = confirmationOf(payload)
  if (thumbprint === undefined) throw invalid('cnf', 'no certificate thumbprint')
  return thumbprint
}

function requireText(payload: Readonly<Record<string, unknown>>, name: string): string {
  const value = payload[name]
  if (typeof value !== 'string' || value === '') throw invalid(name, 'not a text')
  return value
}

/** IDs stand in logs and key revocations: plain characters only. */
export function isPlainId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,128}$/.test(text)
}

function requireId(payload: Readonly<Record<string, unknown>>, name: string): string {
  const id = requireText(payload, name)
  if (!isPlainId(id)) throw invalid(name, 'not an ID of plain characters')
  return id
}

function requireSeconds(payload: Readonly<Record<string, unknown>>, name: string): number {
  const value = payload[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw invalid(name, 'not whole seconds')
  return value
}

function requireServiceId(payload: Readonly<Record<string, unknown>>, name: string): ServiceId {
  const text = requireText(payload, name)
  try {
    return parseServiceId(text)
  } catch {
    throw invalid(name, 'not a service ID')
  }
}

function requireScopes(payload: Readonly<Record<string, unknown>>): readonly Scope[] {
  const text = requireText(payload, 'scope')
  try {
    return parseScopeList(text)
  } catch {
    throw invalid('scope', 'not a list of scopes')
  }
}

function invalid(claim: string, problem: string): AuthError {
  return tokenRefusal('TOKEN_INVALID', `claim ${claim}: ${problem}`)
}
