import { Backoff } from '../../core/backoff.ts'
import { type Clock, monotonicBeside, toEpochSeconds } from '../../core/clock.ts'
import { AuthError, messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { callAt } from '../../core/timer.ts'
import type { KeyPair } from '../../identity/key-pair.ts'
import { createSigningKey, type SigningKey } from '../../token/signing-key.ts'
import { publishKey } from '../../trust/published-key.ts'
import { compareRevisions } from '../../trust/revision.ts'
import { ShortWait } from '../../trust/short-wait.ts'
import type { TrustState } from '../../trust/trust-state.ts'
import type { AuthorityIdentity } from '../identity.ts'
import type { TrustLog } from '../log/trust-log.ts'
import { isRevoked } from './certificate-of.ts'
import { expiryOf, type KeyTimes, leadMsOf, OwnKey } from './own-key.ts'
import { retirePredecessors } from './retire-predecessors.ts'

export interface SigningKeysOptions extends KeyTimes {
  readonly issuer: string
  readonly createKeyPair: () => KeyPair
  readonly identity: AuthorityIdentity
  readonly trustLog: TrustLog
  /** This process's own. */
  readonly trust: TrustState
  /** Puts in force what was written to the log. */
  readonly look: () => Promise<void>
  readonly logger: Logger
  readonly clock: Clock
}

/** A key, and the time that no token of it is to outlive: whole seconds since 1970. */
export interface Signer {
  readonly signingKey: SigningKey
  readonly expiresAt: number
}

type Why = 'start' | 'schedule' | 'request' | 'shortened' | 'revoked'

const TICK_MS = 500

/** How long whoever wants a token may wait for a key that is about to be published. */
const SHORT_WAIT_MS = 1_000

/**
 * Makes the first key, publishes it, and retires what processes before this one have left.
 * @throws AuthError STORE_UNAVAILABLE; CONFIGURATION_INVALID where verifiers would not take the key
 */
export async function startSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const rotationRequestedAt = await options.trustLog.keyRotationRequestedAt()
  const keys = new SigningKeys(options, rotationRequestedAt)
  try {
    await keys.begin()
    return keys
  } catch (error) {
    await keys.stop()
    throw error
  }
}

/**
 * The keys of this process that sign tokens. They exist in its memory only; each is published before it signs, and gives
 * way to the next on schedule, on request, and at once where it was revoked. Made by `startSigningKeys` alone.
 */
export class SigningKeys {
  readonly #options: SigningKeysOptions
  readonly #monotonic: Clock
  readonly #backoff = new Backoff()
  readonly #keyWait = new ShortWait(SHORT_WAIT_MS)
  #current: OwnKey | undefined
  /** Published, and known to verifiers by the time it signs: in milliseconds since 1970. */
  #next: { readonly key: OwnKey; readonly signsFrom: number } | undefined
  #rotationRequestedAt: number
  #retryAt = 0
  #isLookedFor = false
  #isFailing = false
  #isStopped = false
  #work: Promise<void> | undefined
  #cancelTick = () => {}
  #unsubscribe = () => {}

  constructor(options: SigningKeysOptions, rotationRequestedAt: number) {
    this.#options = { ...options }
    this.#monotonic = monotonicBeside(options.clock)
    this.#rotationRequestedAt = rotationRequestedAt
  }

  async begin(): Promise<void> {
    await this.#publish('start')
    const { trust, identity } = this.#options
    const unsubscribe = [trust, identity.credentials].map((source) => source.subscribe(() => void this.#advance()))
    this.#unsubscribe = () => unsubscribe.forEach((end) => void end())
    this.#tick()
  }

  /**
   * The key to sign with now. Waits a moment where one is about to be published.
   * @throws AuthError STORE_UNAVAILABLE where there is none that may sign
   */
  async signer(): Promise<Signer> {
    const key = this.#usable()
    if (key !== undefined) return key
    void this.#advance()
    await this.#keyWait.until(() => this.#usable() !== undefined)
    const late = this.#usable()
    if (late !== undefined) return late
    throw new AuthError(
      'STORE_UNAVAILABLE',
      'This authority has no key that may sign tokens, until it can publish one. Try again shortly.',
      { logDetail: 'why no signing key could be published was logged before' },
    )
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelTick()
    this.#unsubscribe()
    await this.#work
  }

  #usable(): OwnKey | undefined {
    const now = this.#options.clock()
    const isTurn = this.#next !== undefined && (now >= this.#next.signsFrom || this.#current?.maySign(now) !== true)
    if (isTurn) {
      this.#current = this.#next?.key
      this.#next = undefined
    }
    return this.#current?.maySign(now) === true ? this.#current : undefined
  }

  #tick(): void {
    const begunAt = this.#monotonic()
    const inMs = Math.min(TICK_MS, this.#options.rotationSeconds * 250)
    void this.#advance().then(() => {
      if (!this.#isStopped) this.#cancelTick = callAt(begunAt + inMs, this.#monotonic, () => this.#tick())
    })
  }

  /** Does what is due, one thing after the other. Never rejects. */
  #advance(): Promise<void> {
    this.#compare()
    this.#isLookedFor = true
    this.#work ??= this.#doWhatIsDue().finally(() => {
      this.#work = undefined
    })
    return this.#work
  }

  async #doWhatIsDue(): Promise<void> {
    const { logger } = this.#options
    while (this.#isLookedFor && !this.#isStopped && this.#monotonic() >= this.#retryAt) {
      this.#isLookedFor = false
      try {
        const why = await this.#due()
        if (why !== undefined) await this.#publish(why)
        const failures = this.#backoff.reset()
        if (failures > 0) logger.info({ failures }, 'token signing keys are looked after again')
        this.#isFailing = false
      } catch (error) {
        this.#retryAt = this.#monotonic() + this.#backoff.next()
        if (!this.#isFailing) logger.error({ error: messageOf(error) }, 'token signing keys cannot be looked after')
        this.#isFailing = true
      }
    }
  }

  #compare(): void {
    const { current } = this.#options.trust
    if (current === undefined) return
    this.#current?.compare(current)
    this.#next?.key.compare(current)
    if (this.#next?.key.isRevoked === true) this.#next = undefined
  }

  async #due(): Promise<Why | undefined> {
    const { identity, clock, trustLog } = this.#options
    await this.#replaceRevokedIdentity()
    const now = clock()
    const nextExpiry = expiryOf(this.#options, identity.credentials.current(), now)
    // Whatever is due: with a certificate that has expired it waits for the next one.
    if (nextExpiry <= toEpochSeconds(now)) return undefined
    const usable = this.#usable()
    if (usable === undefined) return this.#current?.isRevoked === true ? 'revoked' : 'schedule'
    if (this.#next !== undefined) return undefined
    if (usable.isShortened) return 'shortened'
    if (usable.isDue(now, nextExpiry)) return 'schedule'
    const requestedAt = await trustLog.keyRotationRequestedAt()
    return requestedAt === this.#rotationRequestedAt ? undefined : 'request'
  }

  async #publish(why: Why): Promise<void> {
    const { issuer, ttlSeconds, trustLog, identity, createKeyPair, logger, clock, look, trust } = this.#options
    const rotationRequestedAt = await trustLog.keyRotationRequestedAt()
    const credential = identity.credentials.current()
    const signingKey = createSigningKey(createKeyPair())
    const { verificationKey } = signingKey
    const { keyId } = verificationKey
    const now = clock()
    const expiresAt = expiryOf(this.#options, credential, now)
    const retired = why === 'start' ? retirePredecessors(keyId, { ...this.#options, credential, now }) : []
    const statement = { issuer, key: verificationKey, expiresAt, tokenSeconds: ttlSeconds }
    const publication = publishKey(statement, credential)
    const origin = { by: credential.serviceId, at: now, reason: `signing key: ${why}` }
    const revision = await trustLog.append([publication, ...retired], origin)
    await look()
    if (trust.revision !== undefined && compareRevisions(trust.revision, revision) >= 0) requireKnown(keyId, trust)
    this.#rotationRequestedAt = rotationRequestedAt
    this.#takeUp(new OwnKey(signingKey, expiresAt, { now, times: this.#options }))
    const fields = { keyId, expiresAt: new Date(expiresAt * 1000).toISOString(), why, retired: retired.length }
    logger.info(fields, 'token signing key published')
  }

  /** Services connect to no authority whose certificate was revoked, whichever one its key was published with. */
  async #replaceRevokedIdentity(): Promise<void> {
    const { identity, trust } = this.#options
    if (!isRevoked(identity.credentials.current(), trust)) return
    await identity.replace()
    if (isRevoked(identity.credentials.current(), trust)) throw refusedByVerifiers()
  }

  /** A key signs once verifiers have heard of it; without another, at once: they wait a moment for one they do not know. */
  #takeUp(key: OwnKey): void {
    if (this.#usable() === undefined) this.#current = key
    else this.#next = { key, signsFrom: this.#options.clock() + leadMsOf(this.#options) }
    this.#compare()
    this.#keyWait.wake()
  }
}

function requireKnown(keyId: string, { current }: TrustState): void {
  if (current?.keys.has(keyId) !== true) throw refusedByVerifiers()
}

function refusedByVerifiers(): AuthError {
  return new AuthError(
    'CONFIGURATION_INVALID',
    'Verifiers refuse the token signing key of this authority: whoever issued its certificate is distrusted, or ' +
      'its own service is blocked. The log says why.',
  )
}
