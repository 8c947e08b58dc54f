import { monotonicClock } from '../core/clock.ts'
import { AuthError, type AuthErrorCode } from '../core/errors.ts'
import { createLookupCounter } from '../core/telemetry.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import { RateLimit } from '../limit/rate-limit.ts'
import { cacheTokens, type TokenCacheOptions } from '../token/token-cache.ts'
import {
  type AsyncTokenVerifier,
  createTokenVerifier,
  type TokenVerifier,
  type TokenVerifierOptions,
} from '../token/verify.ts'

export type CallVerifierOptions = TokenVerifierOptions & Omit<TokenCacheOptions, 'onLookup'>

/**
 * A verifier for a server's calls: a token is verified once and then known, and a peer whose tokens are refused again
 * and again gets no more of them verified, so that it cannot take the server's time. Tokens that are known still pass.
 * Errors: those of `createTokenVerifier`, and RATE_LIMITED.
 */
export function createCallVerifier(options: CallVerifierOptions): TokenVerifier {
  const onLookup = createLookupCounter('server')
  return cacheTokens(limitFailures(createTokenVerifier(options)), { ...options, onLookup })
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
