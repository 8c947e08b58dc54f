import { type Clock, monotonicClock } from '../core/clock.ts'
import { AuthError, type AuthErrorCode } from '../core/errors.ts'
import { createLookupCounter } from '../core/telemetry.ts'
import type { ServiceId } from '../identity/service-id.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import { RateLimit } from '../limit/rate-limit.ts'
import { cacheTokens, type TokenCacheOptions } from '../token/token-cache.ts'
import {
  type AsyncTokenVerifier,
  createTokenVerifier,
  type TokenVerifier,
  type VerifiedToken,
} from '../token/verify.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { nameClock } from './clock-refusal.ts'

export interface CallVerifierOptions extends Pick<TokenCacheOptions, 'maxEntries' | 'maxCharacters'> {
  /** The service that verifies: a token must be for it. */
  readonly audience: ServiceId
  readonly trust: TrustState
  readonly clock: Clock
}

/**
 * A verifier for a server's calls: a token is verified once and then known, and a peer whose tokens are refused again
 * and again gets no more of them verified, so that it cannot take the server's time. Tokens that are known still pass.
 * Whether a token was revoked is looked at each time, of those that are known too.
 * Errors: those of `createTokenVerifier`, TOKEN_REVOKED and RATE_LIMITED.
 */
export function createCallVerifier({ trust, ...options }: CallVerifierOptions): TokenVerifier {
  const trustedIssuer = () => trust.head()
  const verifyAfresh = createTokenVerifier({
    ...options,
    trustedIssuer,
    untilKeyKnown: (keyId) => trust.untilKeyKnown(keyId),
  })
  const onLookup = createLookupCounter('server')
  const verify = cacheTokens(limitFailures(verifyAfresh), { ...options, trustedIssuer, onLookup })

  const requireStanding = (token: VerifiedToken): VerifiedToken => {
    const refusal = trust.refusalOfToken(token)
    if (refusal !== undefined) throw refusal
    return token
  }
  const fail = (error: unknown): never => {
    throw nameClock(error, trust)
  }
  return (text, peer) => {
    const token = verify(text, peer)
    return 'tokenId' in token ? requireStanding(token) : token.then(requireStanding, fail)
  }
}

/**
 * A peer is known by its certificate: another replica of the same service is not to suffer for it. A token that all calls
 * under way bring counts once: when its key is withdrawn, the next token of its sender must not wait for it.
 */
export function limitFailures(verify: AsyncTokenVerifier, clock = monotonicClock): AsyncTokenVerifier {
  const failures = new RateLimit({ burst: 100, perSecond: 10, maxKeys: 10_000, clock })
  const lastRefused = new WeakMap<VerifiedPeer, string>()
  return (text, peer) => {
    const waitMs = failures.waitMs(peer.thumbprint)
    if (waitMs > 0) throw tooManyFailures(waitMs)
    const verifying = verify(text, peer)
    verifying.catch((error: unknown) => {
      if (isOwnFailure(error) || lastRefused.get(peer) === text) return
      lastRefused.set(peer, text)
      failures.charge(peer.thumbprint)
    })
    return verifying
  }
}

/** What is this server's own trouble does not count against a peer. */
function isOwnFailure(error: unknown): boolean {
  return !(error instanceof AuthError) || OWN.has(error.code)
}

const OWN: ReadonlySet<AuthErrorCode> = new Set(['INTERNAL', 'VERIFIER_NOT_READY'])

function tooManyFailures(waitMs: number): AuthError {
  return new AuthError(
    'RATE_LIMITED',
    'Too many tokens of this service were refused. Find out why, and try again later.',
    { details: { retryAfterMs: String(Math.ceil(waitMs)) } },
  )
}
