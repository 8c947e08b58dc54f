import type { Clock } from '../core/clock.ts'
import { parseCompactToken } from '../token/compact.ts'
import type { TokenRequest, TokenSource } from '../token/token-source.ts'
import { type TrustHead, TrustState } from '../trust/trust-state.ts'
import type { IssuedToken } from './authority-client.ts'

/** A token is not used in its last half minute, or in the last half of a shorter life: calls take time, clocks differ. */
const MARGIN_MS = 30_000

interface HeldToken extends IssuedToken {
  /** What was trusted when the token was asked for, or last found good. */
  head: TrustHead | undefined
}

/**
 * A token source that keeps each token while it is good, by audience and scopes, and asks once for what
 * several calls wait for. A failure is not kept.
 * @param issue fetches a token from the authority
 * @param trust whose keys verifiers know: a token of a key that has been withdrawn is not used any more
 */
export function createTokenSource(
  issue: (request: TokenRequest) => Promise<IssuedToken>,
  clock: Clock,
  trust = new TrustState(),
): TokenSource {
  const held = new Map<string, HeldToken>()
  const underWay = new Map<string, Promise<IssuedToken>>()

  return async (request) => {
    const key = keyOf(request)
    const token = held.get(key)
    if (token !== undefined && clock() < useUntil(token) && isTrusted(token)) return token.token
    const fetched = await (underWay.get(key) ?? fetch(key, request))
    return fetched.token
  }

  function fetch(key: string, request: TokenRequest): Promise<IssuedToken> {
    const head = trust.current
    const fetching = issue(request)
      .then((issued) => {
        held.set(key, { ...issued, head })
        return issued
      })
      .finally(() => underWay.delete(key))
    underWay.set(key, fetching)
    return fetching
  }

  /** The authority may sign with a key that the feed has yet to bring: only a later head can speak against a token. */
  function isTrusted(token: HeldToken): boolean {
    const { current } = trust
    if (current !== token.head && !current?.keys.has(parseCompactToken(token.token).keyId)) return false
    token.head = current
    return true
  }
}

function keyOf({ audience, scopes }: TokenRequest): string {
  return [audience, ...scopes.toSorted()].join(' ')
}

function useUntil({ expiresAt, lifetimeMs }: IssuedToken): number {
  return expiresAt - Math.min(MARGIN_MS, lifetimeMs / 2)
}
