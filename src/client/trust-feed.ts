import { type Address, formatAddress } from '../core/address.ts'
import { Backoff } from '../core/backoff.ts'
import { type Clock, monotonicBeside, systemClock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { callAt } from '../core/timer.ts'
import type { Revision } from '../trust/revision.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { type FeedEnding, FeedSession, type WatchStream } from './feed-session.ts'

/** Where a feed may come from; an `AuthorityClient` is one. */
export interface WatchedAuthority {
  readonly address: Address
  /** Opens the stream. @param after what is known in full */
  watchTrust(after: Revision | undefined): WatchStream
  /** Gives up a connection that brings nothing any more, though it is open. */
  reconnect(): void
}

export interface TrustFeedOptions {
  /** In the order in which they are asked: the next one after each failure. */
  readonly authorities: readonly WatchedAuthority[]
  readonly trust: TrustState
  readonly logger: Logger
  readonly clock?: Clock
  /** Spreads the waits between attempts. Default: `Math.random`. */
  readonly random?: () => number
}

const LOOK_MS = 1_000

/** Keeps a verifier's trust state as the authorities publish it, and connects anew whenever the stream ends. */
export class TrustFeed {
  readonly #options: TrustFeedOptions
  readonly #clock: Clock
  readonly #monotonic: Clock
  readonly #backoff: Backoff
  readonly #usable = Promise.withResolvers<void>()
  #turn = 0
  #session: FeedSession | undefined
  #timer: NodeJS.Timeout | undefined
  #cancelLook = () => {}
  #isInDoubt = false
  #isReportedDead = false
  /** Whether an attempt has failed since the last heartbeat. */
  #isLost = false
  #lastFailure = 'no answer'

  constructor(options: TrustFeedOptions) {
    this.#options = { ...options, authorities: [...options.authorities] }
    this.#clock = options.clock ?? systemClock
    this.#monotonic = monotonicBeside(this.#clock)
    this.#backoff = new Backoff(options.random)
    this.#connect()
    this.#look()
  }

  /**
   * Resolves once calls may be decided by what is known.
   * @throws AuthError AUTHORITY_UNAVAILABLE after `timeoutMs`
   */
  async ready(timeoutMs: number): Promise<void> {
    if (this.#options.trust.isUsable) return
    const { promise: timeout, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(unavailable(timeoutMs, this.#lastFailure)), timeoutMs)
    await Promise.race([this.#usable.promise, timeout]).finally(() => clearTimeout(timer))
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#cancelLook()
    this.#session?.stop()
    this.#session = undefined
  }

  get #authority(): WatchedAuthority {
    const { authorities } = this.#options
    const authority = authorities[this.#turn % authorities.length]
    if (authority === undefined) throw new TypeError('A trust feed needs an authority.')
    return authority
  }

  #connect(): void {
    const { trust, authorities } = this.#options
    // Of what was refused nobody knows which side is wrong: a snapshot mends both.
    const after = this.#isInDoubt ? undefined : trust.revision
    this.#session = new FeedSession({
      stream: this.#authority.watchTrust(after),
      trust,
      hasAlternative: authorities.length > 1,
      clock: this.#clock,
      monotonic: this.#monotonic,
      onVouch: () => this.#noteVouch(),
      onEnd: (ending) => this.#reconnect(ending),
    })
  }

  #noteVouch(): void {
    const { trust, logger } = this.#options
    this.#isInDoubt = false
    this.#isReportedDead = false
    this.#isLost = false
    if (trust.isUsable) this.#usable.resolve()
    if (this.#backoff.reset() > 0) logger.info(this.#fields(), 'trust feed restored')
  }

  #reconnect(ending: FeedEnding): void {
    this.#session = undefined
    this.#isInDoubt ||= ending.kind === 'refused'
    this.#lastFailure = ending.reason
    if (ending.kind === 'silent') this.#authority.reconnect()
    const fields = { ...this.#fields(), reason: ending.reason }
    this.#turn += 1
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next())
    this.#report(ending, fields) // last: a logger that fails must not end the feed
  }

  #report({ kind }: FeedEnding, fields: object): void {
    const { logger } = this.#options
    if (kind === 'closed') return
    if (kind === 'refused') logger.error(fields, 'trust update refused')
    // A server gives up each connection after half an hour: what is mended by the next attempt is no trouble.
    else if (this.#isLost) logger.warn(fields, 'trust feed interrupted')
    else logger.info(fields, 'trust feed interrupted')
    this.#isLost = true
  }

  #look(): void {
    this.#session?.look()
    this.#reportDeath()
    this.#cancelLook = callAt(this.#monotonic() + LOOK_MS, this.#monotonic, () => this.#look())
  }

  #reportDeath(): void {
    const { trust, logger } = this.#options
    const { freshness } = trust
    if (freshness.state !== 'dead' || this.#isReportedDead) return
    this.#isReportedDead = true
    const consequence = trust.isUsable ? 'calls are decided by what is known all the same' : 'calls are refused'
    const fields = { code: 'VERIFIER_NOT_READY', ageMs: Math.round(freshness.ageMs), reason: this.#lastFailure }
    logger.error(fields, `no authority has been heard for too long: ${consequence}`)
  }

  #fields(): { readonly authority: string } {
    return { authority: formatAddress(this.#authority.address) }
  }
}

function unavailable(timeoutMs: number, lastFailure: string): AuthError {
  return new AuthError(
    'AUTHORITY_UNAVAILABLE',
    `No authority answered within ${timeoutMs / 1000} s (${lastFailure}). Check that one runs, and COUNTERSIGN_AUTHORITY.`,
  )
}
