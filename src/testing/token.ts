import { type KeyObject, sign } from 'node:crypto'
import { type Clock, toEpochSeconds } from '../core/clock.ts'
import { randomId } from '../core/encoding.ts'
import { parseScope } from '../core/scope.ts'
import type { Credential } from '../identity/credential.ts'
import { parseServicePath, serviceIdOf, type TrustDomain } from '../identity/service-id.ts'
import { type AccessTokenClaims, encodeClaims } from '../token/claims.ts'
import { toLowS } from '../token/low-s.ts'

/** What a token says: what the authority would have it say, but for what is named here. Policy is not asked. */
export interface TokenOptions {
  /** The service that the token is issued to: it is bound to this certificate. */
  readonly caller: Credential
  /** The path of the service that it is for: `inventory`. */
  readonly audience: string
  readonly scopes: readonly string[]
  /** Milliseconds since 1970. Default: now. */
  readonly issuedAt?: number
  /** Milliseconds since 1970. Default: 5 minutes after it is issued. */
  readonly expiresAt?: number
  /** By the names of RFC 9068: `iss`, `sub`, `cnf` and others, in the place of ours. One that is undefined is left out. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Members of the JOSE header, likewise. */
  readonly header?: Readonly<Record<string, unknown>>
  /** On P-256: signs in the place of the authority's key, which the header names all the same. */
  readonly privateKey?: KeyObject
}

/** Who signs, and when. */
export interface TokenIssuer {
  readonly issuer: string
  readonly trustDomain: TrustDomain
  readonly keyId: string
  readonly privateKey: KeyObject
  readonly clock: Clock
}

const LIFETIME_MS = 300_000

/**
 * A token to order, in compact form.
 * @throws AuthError REQUEST_INVALID for what is no path of a service, or no scope
 */
export function mintToken(options: TokenOptions, issuer: TokenIssuer): string {
  const { header = {}, claims = {}, privateKey = issuer.privateKey } = options
  return signParts(
    JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: issuer.keyId, ...header }),
    JSON.stringify({ ...encodeClaims(claimsOf(options, issuer)), ...claims }),
    privateKey,
  )
}

/** A token of parts that are taken as they are, with a signature in its lower form. */
export function signParts(header: string | Uint8Array, payload: string | Uint8Array, privateKey: KeyObject): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${toLowS(signature).toString('base64url')}`
}

function encodePart(part: string | Uint8Array): string {
  return Buffer.from(part).toString('base64url')
}

function claimsOf(options: TokenOptions, { issuer, trustDomain, clock }: TokenIssuer): AccessTokenClaims {
  const { caller, audience, scopes, issuedAt = clock(), expiresAt = issuedAt + LIFETIME_MS } = options
  const tokenId = randomId()
  return {
    issuer,
    subject: caller.serviceId,
    audience: serviceIdOf(trustDomain, parseServicePath(audience)),
    clientId: caller.serviceId,
    scopes: scopes.map(parseScope),
    tokenId,
    grantId: tokenId,
    issuedAt: toEpochSeconds(issuedAt),
    expiresAt: toEpochSeconds(expiresAt),
    thumbprint: caller.thumbprint,
  }
}
