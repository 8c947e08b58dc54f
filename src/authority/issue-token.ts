import { authorizeGrant, type GrantPolicy } from '../access/grant-policy.ts'
import { type Clock, toEpochSeconds } from '../core/clock.ts'
import { randomId } from '../core/encoding.ts'
import { AuthError } from '../core/errors.ts'
import { parseScope, type Scope } from '../core/scope.ts'
import { parseServiceId, type ServiceId, servicePathOf, trustDomainOf } from '../identity/service-id.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import { LEEWAY_SECONDS } from '../token/verify.ts'
import type { TokenIdentity } from '../trust/revocation-index.ts'
import type { TrustState } from '../trust/trust-state.ts'
import type { Signer } from './signing/signing-keys.ts'

export interface IssueTokenOptions {
  readonly issuer: string
  readonly policy: GrantPolicy
  /** The life of a token where no grant shortens it. */
  readonly ttlSeconds: number
  /** The key to sign with now. */
  readonly signer: () => Promise<Signer>
  /** This process's own. */
  readonly trust: Pick<TrustState, 'refusalOfToken'>
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
 * Errors: REQUEST_INVALID, GRANT_DENIED, CERTIFICATE_EXPIRED; TOKEN_REVOKED where verifiers would refuse it;
 * STORE_UNAVAILABLE where no key may sign now.
 */
export function createIssueToken(options: IssueTokenOptions) {
  const { issuer, policy, ttlSeconds, signer, trust, clock } = options

  return async (caller: VerifiedPeer, request: IssueTokenRequest): Promise<IssuedToken> => {
    const audience = parseServiceId(request.audience)
    if (request.scopes.length > MAX_SCOPES) throw tooManyScopes()
    const grant = authorizeGrant(policy, {
      caller: servicePathOf(caller.serviceId),
      audience: requireOwnDomain(audience, caller),
      scopes: request.scopes.map(parseScope),
    })
    const { signingKey, expiresAt: keyEnd } = await signer()
    const issuedAt = toEpochSeconds(clock())
    const certificateEnd = toEpochSeconds(caller.notAfter)
    if (certificateEnd <= issuedAt) {
      throw new AuthError('CERTIFICATE_EXPIRED', 'The certificate of this connection has expired.')
    }
    const end = Math.min(certificateEnd, keyEnd, issuedAt + Math.min(ttlSeconds, grant.ttlSeconds ?? ttlSeconds))

    const tokenId = randomId()
    requireStanding(trust, {
      tokenId,
      grantId: tokenId,
      subject: caller.serviceId,
      clientId: caller.serviceId,
      keyId: signingKey.verificationKey.keyId,
      issuedAt,
    })
    const token = signingKey.sign({
      issuer,
      subject: caller.serviceId,
      audience,
      clientId: caller.serviceId,
      scopes: grant.scopes,
      tokenId,
      grantId: tokenId, // it descends from no other authorization
      issuedAt,
      expiresAt: end,
      thumbprint: caller.thumbprint,
    })
    return { token, tokenId, audience, scopes: grant.scopes, lifetimeSeconds: end - issuedAt }
  }
}

export type IssueToken = ReturnType<typeof createIssueToken>

function requireOwnDomain(audience: ServiceId, caller: VerifiedPeer) {
  if (trustDomainOf(audience) === trustDomainOf(caller.serviceId)) return servicePathOf(audience)
  throw new AuthError('GRANT_DENIED', 'The audience is in another trust domain. Tokens are issued within one.')
}

/** A floor is passed with time, as verifiers give it room for clocks that differ; nothing else is. */
const LONGEST_WAIT_SECONDS = 2 * LEEWAY_SECONDS + 1

function requireStanding(trust: IssueTokenOptions['trust'], token: TokenIdentity): void {
  if (trust.refusalOfToken(token) === undefined) return
  const waits = Array.from({ length: LONGEST_WAIT_SECONDS }, (_, index) => index + 1)
  const wait = waits.find((seconds) => {
    return trust.refusalOfToken({ ...token, issuedAt: token.issuedAt + seconds }) === undefined
  })
  if (wait === undefined) {
    throw new AuthError('TOKEN_REVOKED', 'This service is issued no tokens. Ask whoever runs the authority.')
  }
  throw new AuthError(
    'TOKEN_REVOKED',
    `The tokens of this service were revoked a moment ago: it is issued tokens again in ${wait} s.`,
    { details: { retryAfterMs: String(wait * 1000) } },
  )
}

function tooManyScopes(): AuthError {
  return new AuthError(
    'REQUEST_INVALID',
    `Ask for at most ${MAX_SCOPES} scopes, or for none to get all that policy grants.`,
  )
}
