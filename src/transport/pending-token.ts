import { CallCredentials, Metadata, status } from '@grpc/grpc-js'
import { AuthError, messageOf } from '../core/errors.ts'
import type { Scope } from '../core/scope.ts'
import type { ServiceId } from '../identity/service-id.ts'
import type { TokenSource } from '../token/token-source.ts'
import { statusCodeOf } from './status.ts'
import { TOKEN_KEY } from './token-metadata.ts'

const SENDABLE = /^[\x21-\x7e]+$/

const ALL_GRANTED: readonly Scope[] = []

interface Header {
  readonly token: string
  /** grpc-js copies what is in it. */
  readonly metadata: Metadata
}

/** The header of the token that a source brought last: most calls carry the one of the call before. */
const lastHeaders = new WeakMap<TokenSource, Header>()

/**
 * Call credentials that say which token a call needs, and hold none. By themselves they fail the call.
 * Only a channel of ours turns them into a token: one for the service at its other end, bound to the very
 * certificate that the channel presents. So a token never travels in the clear, to another service, or
 * beside another certificate.
 */
export class PendingToken extends CallCredentials {
  readonly scopes: readonly Scope[]
  #sent: string | undefined
  #refused: string | undefined
  #failure: AuthError | undefined
  #isExhausted = false

  constructor(scopes: readonly Scope[]) {
    super()
    this.scopes = scopes.length === 0 ? ALL_GRANTED : [...scopes]
  }

  /** Why no token could be had. grpc-js passes on no more than a text. */
  get failure(): AuthError | undefined {
    return this.#failure
  }

  /** Whether the only token that could be had is the one that was refused. */
  get isExhausted(): boolean {
    return this.#isExhausted
  }

  /** What was sent has been refused: what is sent next must be another token. */
  refuse(): void {
    this.#refused = this.#sent
  }

  bind(audience: ServiceId, tokens: TokenSource): CallCredentials {
    return new BoundToken(this, audience, tokens)
  }

  /**
   * The header of a token for an audience. Where a token is at hand, without a turn of the event loop more than grpc-js
   * itself takes.
   */
  fetch(audience: ServiceId, tokens: TokenSource): Promise<Metadata> {
    this.#failure = undefined
    const { scopes } = this
    const insteadOf = this.#refused
    try {
      const token = tokens(insteadOf === undefined ? { audience, scopes } : { audience, scopes, insteadOf })
      return typeof token === 'string' ? Promise.resolve(this.#attach(token, tokens)) : this.#attachLater(token, tokens)
    } catch (error) {
      return Promise.reject(this.#fail(error))
    }
  }

  async #attachLater(token: Promise<string>, tokens: TokenSource): Promise<Metadata> {
    try {
      return this.#attach(await token, tokens)
    } catch (error) {
      throw this.#fail(error)
    }
  }

  #attach(token: string, tokens: TokenSource): Metadata {
    if (token === this.#refused) {
      this.#isExhausted = true
      throw new TypeError('The token source brought the token again that was refused.')
    }
    this.#sent = token
    return headerOf(token, tokens)
  }

  #fail(error: unknown): Error {
    const refusal = error instanceof AuthError ? error : unexpected(error)
    this.#failure = refusal
    return Object.assign(new Error(refusal.message), { code: statusCodeOf(refusal.code) })
  }

  override generateMetadata(): Promise<Metadata> {
    const message = 'This call needs a token, which only a channel made by Countersign can bind to its certificate.'
    return Promise.reject(Object.assign(new Error(message), { code: status.UNAUTHENTICATED }))
  }

  /** Whatever it is combined with, the call fails: grpc-js combines the credentials of every call with the channel's. */
  override compose(): CallCredentials {
    return this
  }

  override _equals(other: CallCredentials): boolean {
    return this === other
  }
}

/** The credentials of one call on one channel, which has none of its own to combine them with. */
class BoundToken extends CallCredentials {
  readonly #token: PendingToken
  readonly #audience: ServiceId
  readonly #tokens: TokenSource

  constructor(token: PendingToken, audience: ServiceId, tokens: TokenSource) {
    super()
    this.#token = token
    this.#audience = audience
    this.#tokens = tokens
  }

  override generateMetadata(): Promise<Metadata> {
    return this.#token.fetch(this.#audience, this.#tokens)
  }

  override compose(): CallCredentials {
    return this
  }

  override _equals(other: CallCredentials): boolean {
    return this === other
  }
}

function headerOf(token: string, tokens: TokenSource): Metadata {
  const last = lastHeaders.get(tokens)
  if (last?.token === token) return last.metadata
  // grpc-js would quote what no header can hold in its error.
  if (!SENDABLE.test(token)) throw new TypeError('The token source brought something that is not a token.')
  const metadata = new Metadata()
  metadata.set(TOKEN_KEY, token)
  lastHeaders.set(tokens, { token, metadata })
  return metadata
}

function unexpected(error: unknown): AuthError {
  return new AuthError('INTERNAL', 'No token could be had for this call.', { logDetail: messageOf(error) })
}
