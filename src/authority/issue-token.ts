import { authorizeGrant, type GrantPolicy } from '../access/grant-policy.ts'
import { type Clock, toEpochSeconds } from '../core/clock.ts'
import { randomId } from '../core/encoding.ts'
import { AuthError } from '../core/errors.ts'
import { parseScope, type Scope } from '../core/scope.ts'
import { parseServiceId, type ServiceId, servicePathOf, trustDomainOf } from '../identity/service-id.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import type { SigningKey } from '../token/signing-key.ts'

export interface IssueTokenOptions {
  readonly issuer: string
  readonly policy: GrantPolicy
  /** The life of a token where no grant shortens it. */
  readonly ttlSeconds: number
  readonly signingKey: SigningKey
  readonly clock: Clock
}

const MAX_SCOPES = 64

/** What a service asks for, not yet checked. */
export interface IssueTokenRequest {
  /** The service ID of the service to be called. */
  readonly audience: string
  /** At most 64. Empty: every scope that policy grants. */
  readonly scopes: readonly string[]
}

export interface IssuedToken {
  readonly token: string
  readonly tokenId: string
  readonly audience: ServiceId
  readonly scopes: readonly Scope[]
  readonly lifetimeSeconds: number
}

/**
 * Issues a token that acts for its caller alone: bound to the certificate of the caller's connection,
 * for one audience, with scopes that policy grants, and no longer than that certificate.
 * Errors: REQUEST_INVALID, GRANT_DENIED, CERTIFICATE_EXPIRED.
 */
export function createIssueToken(options: IssueTokenOptions) {
  const { issuer, policy, ttlSeconds, signingKey, clock } = options

  return (caller: VerifiedPeer, request: IssueTokenRequest): IssuedToken => {
    const audience = parseServiceId(request.audience)
    if (request.scopes.length > MAX_SCOPES) throw tooManyScopes()
    const grant = authorizeGrant(policy, {
      caller: servicePathOf(caller.serviceId),
      audience: requireOwnDomain(audience, caller),
      scopes: request.scopes.map(parseScope),
    })
    const issuedAt = toEpochSeconds(clock())
    const certificateEnd = toEpochSeconds(caller.notAfter)
    const lifetimeSeconds = Math.min(ttlSeconds, grant.ttlSeconds ?? ttlSeconds, certificateEnd - issuedAt)
    if (lifetimeSeconds < 1)
      throw new AuthError('CERTIFICATE_EXPIRED', 'The certificate of this connection has expired.')

    const tokenId = randomId()
    const token = signingKey.sign({
      issuer,
      subject: caller.serviceId,
      audience,
      clientId: caller.serviceId,
      scopes: grant.scopes,
      tokenId,
      grantId: tokenId, // it descends from no other authorization
      issuedAt,
      expiresAt: issuedAt + lifetimeSeconds,
      thumbprint: caller.thumbprint,
    })
    return { token, tokenId, audience, scopes: grant.scopes, lifetimeSeconds }
  }
}

export type IssueToken = ReturnType<typeof createIssueToken>

function requireOwnDomain(audience: ServiceId, caller: VerifiedPeer) {
  if (trustDomainOf(audience) === trustDomainOf(caller.serviceId)) return servicePathOf(audience)
  throw new AuthError('GRANT_DENIED', 'The audience is in another trust domain. Tokens are issued within one.')
}

function tooManyScopes(): AuthError {
  return new AuthError(
    'REQUEST_INVALID',
    `Ask for at most ${MAX_SCOPES} scopes, or for none to get all that policy grants.`,
  )
}
