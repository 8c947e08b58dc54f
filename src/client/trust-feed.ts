import { type ClientReadableStream, type StatusObject, status } from '@grpc/grpc-js'
import { Backoff } from '../core/backoff.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Snapshot__Output } from '../gen/countersign/v1/Snapshot.ts'
import type { WatchResponse__Output } from '../gen/countersign/v1/WatchResponse.ts'
import { parseVerificationKey } from '../token/verification-key.ts'
import type { TrustHead, TrustState } from '../trust/trust-state.ts'

type Watch = ClientReadableStream<WatchResponse__Output>

export interface TrustFeedOptions {
  /** Opens the stream. */
  readonly watch: () => Watch
  readonly trust: TrustState
  readonly logger: Logger
}

/** Keeps a verifier's trust state as the authority publishes it, and connects anew whenever the stream ends. */
export class TrustFeed {
  readonly #options: TrustFeedOptions
  readonly #backoff = new Backoff()
  #stream: Watch | undefined
  #timer: NodeJS.Timeout | undefined
  #lastFailure = 'no answer'

  constructor(options: TrustFeedOptions) {
    this.#options = options
    this.#connect()
  }

  /**
   * Resolves with the first snapshot.
   * @throws AuthError AUTHORITY_UNAVAILABLE after `timeoutMs`
   */
  async ready(timeoutMs: number): Promise<void> {
    if (this.#options.trust.current !== undefined) return
    await this.#firstSnapshot(timeoutMs)
  }

  #firstSnapshot(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const unsubscribe = this.#options.trust.subscribe(() => {
        clearTimeout(timer)
        unsubscribe()
        resolve()
      })
      const timer = setTimeout(() => {
        unsubscribe()
        reject(unavailable(timeoutMs, this.#lastFailure))
      }, timeoutMs)
    })
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#stream?.removeAllListeners('status').cancel()
    this.#stream = undefined
  }

  #connect(): void {
    const stream = this.#options.watch()
    this.#stream = stream
    stream.on('data', (message: WatchResponse__Output) => this.#apply(message))
    stream.on('error', () => {}) // the status says the same
    stream.on('status', (ending: StatusObject) => this.#reconnect(ending))
  }

  #apply(message: WatchResponse__Output): void {
    if (!message.snapshot) return
    try {
      this.#options.trust.replace(parseSnapshot(message.snapshot))
      if (this.#backoff.reset() > 0) this.#options.logger.info({}, 'trust feed restored')
    } catch (error) {
      this.#options.logger.error({ error: messageOf(error) }, 'trust snapshot refused')
      this.#stream?.cancel()
    }
  }

  #reconnect({ code, details }: StatusObject): void {
    this.#lastFailure = details
    // An authority that drains ends its streams with OK.
    if (code !== status.OK) this.#options.logger.warn({ reason: details }, 'trust feed interrupted')
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next())
  }
}

function parseSnapshot(snapshot: Snapshot__Output): TrustHead {
  if (snapshot.issuer === '') throw new AuthError('REQUEST_INVALID', 'The snapshot names no issuer.')
  const keys = snapshot.keys.map(({ keyId, publicKey }) => parseVerificationKey(keyId, publicKey))
  return { issuer: snapshot.issuer, keys: new Map(keys.map((key) => [key.keyId, key])) }
}

function unavailable(timeoutMs: number, lastFailure: string): AuthError {
  return new AuthError(
    'AUTHORITY_UNAVAILABLE',
    `No authority answered within ${timeoutMs / 1000} s (${lastFailure}). Check that it runs, and COUNTERSIGN_AUTHORITY.`,
  )
}
