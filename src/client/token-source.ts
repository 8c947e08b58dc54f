import { type Clock, systemClock } from '../core/clock.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { createLookupCounter } from '../core/telemetry.ts'
import { parseCompactToken } from '../token/compact.ts'
import type { TokenRequest, TokenSource } from '../token/token-source.ts'
import type { TrustState } from '../trust/trust-state.ts'
import type { IssuedToken } from './authority-client.ts'
import { AuthorityOutage } from './authority-outage.ts'
import { type HeldToken, HeldTokens, refreshTime, useUntil } from './held-tokens.ts'

export interface TokenSourceOptions {
  /** Fetches a token from the authority. */
  readonly issue: (request: TokenRequest) => Promise<IssuedToken>
  /** Whose keys verifiers know: a token of a key that has been withdrawn is not used any more. */
  readonly trust: TrustState
  /** Told of tokens that could not be refreshed. */
  readonly logger: Logger
  readonly clock?: Clock
  /** Spreads refreshes and waits. Default: `Math.random`. */
  readonly random?: () => number
}

/** A verifier that refuses two tokens in a row will refuse the third: the authority is spared it for this long. */
const REPLACEMENT_PAUSE_MS = 5_000

/**
 * A token source that keeps each token while it is good, by audience and scopes, and asks once for what
 * several calls wait for. Towards a token's end its use starts the fetch of its successor, for which no call waits.
 * While the authority is away, calls that need a token of it fail at once, with the reason of the last attempt.
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { issue, trust, logger, clock = systemClock, random = Math.random } = options
  const tokens = new HeldTokens(clock)
  const underWay = new Map<string, Promise<string>>()
  const outage = new AuthorityOutage({ trust, clock, random })
  const lookedUp = createLookupCounter('client')

  return (request) => {
    const key = keyOf(request)
    const held = tokens.find(key)
    const now = clock()
    const isKnown = held !== undefined && now < held.useUntil && isTrusted(held)
    lookedUp(isKnown)
    if (!isKnown) return fetch(key, request)
    if (held.token === request.insteadOf) return isFresh(held, now) ? held.token : fetch(key, request)
    if (now >= held.refreshAt) refresh(key, request, held)
    return held.token
  }

  function fetch(key: string, request: TokenRequest): Promise<string> {
    return underWay.get(key) ?? startFetch(key, request)
  }

  function startFetch(key: string, { audience, scopes, insteadOf }: TokenRequest): Promise<string> {
    const head = trust.current
    const fetching = outage
      .ask(() => issue({ audience, scopes }))
      .then((issued) => {
        const until = useUntil(issued)
        const refreshAt = refreshTime(issued.expiresAt - issued.lifetimeMs, until, random)
        const replacedAt = insteadOf === undefined ? undefined : clock()
        // A refused token is kept until there is another: others at the same audience may still take it.
        tokens.put(key, { token: issued.token, useUntil: until, refreshAt, replacedAt, head })
        return issued.token
      })
      .finally(() => underWay.delete(key))
    underWay.set(key, fetching)
    return fetching
  }

  function refresh(key: string, request: TokenRequest, held: HeldToken): void {
    if (underWay.has(key) || outage.failure !== undefined) return
    startFetch(key, request)
      .catch((error: unknown) => {
        held.refreshAt = refreshTime(clock(), held.useUntil, random) // again, in what is left of its life
        logger.warn({ audience: request.audience, ...describe(error) }, 'token not refreshed')
      })
      .catch(() => {}) // the logger failed
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
  return scopes.length === 0 ? audience : [audience, ...scopes.toSorted()].join(' ')
}

/** Whether a token has just come in the place of a refused one. Also right where the clock was set back in between. */
function isFresh({ replacedAt }: HeldToken, now: number): boolean {
  return replacedAt !== undefined && Math.abs(now - replacedAt) < REPLACEMENT_PAUSE_MS
}

function describe(error: unknown): object {
  if (!(error instanceof AuthError)) return { code: 'INTERNAL', reason: messageOf(error) }
  return { code: error.code, reason: error.logDetail ?? error.message, decisionId: error.decisionId }
}
