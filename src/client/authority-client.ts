import type { ClientReadableStream } from '@grpc/grpc-js'
import type { Address } from '../core/address.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { type Logger, silentLogger } from '../core/logger.ts'
import type { WatchResponse__Output } from '../gen/countersign/v1/WatchResponse.ts'
import type { Credential } from '../identity/credential.ts'
import { AUTHORITY_PATH, serviceIdOf } from '../identity/service-id.ts'
import type { TokenRequest } from '../token/token-source.ts'
import { TokenService, TrustService } from '../transport/authority-protos.ts'
import { type MeshChannel, openChannel } from '../transport/channel.ts'
import { unusedCredentials } from '../transport/unused-credentials.ts'
import type { Revision } from '../trust/revision.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { explainAuthorityError } from './authority-error.ts'

export interface AuthorityClientOptions {
  readonly address: Address
  /** What the authority is asked with: tokens are bound to this certificate. */
  readonly credential: Credential
  /** By what is revoked: also an authority's certificate may be. Without it nothing is known of that. */
  readonly trust?: TrustState
  readonly clock?: Clock
  readonly logger?: Logger
}

/** A token as the authority issued it. */
export interface IssuedToken {
  readonly token: string
  /** Milliseconds since 1970, by this process's clock. */
  readonly expiresAt: number
  readonly lifetimeMs: number
}

const ISSUE_TIMEOUT_MS = 5_000

/** A connection to the authority, and what is asked over it. */
interface Connection {
  readonly channel: MeshChannel
  readonly tokens: InstanceType<typeof TokenService>
  readonly trust: InstanceType<typeof TrustService>
}

/** Calls one authority over mutual TLS, once there is something to ask, and no server but an authority of the credential's trust domain. */
export class AuthorityClient {
  readonly address: Address
  readonly #options: AuthorityClientOptions
  readonly #clock: Clock
  #connection: Connection | undefined
  #isClosed = false

  constructor(options: AuthorityClientOptions) {
    this.address = options.address
    this.#options = { ...options }
    this.#clock = options.clock ?? systemClock
  }

  /** @throws AuthError with the authority's reason, or AUTHORITY_UNAVAILABLE */
  issueToken(request: TokenRequest): Promise<IssuedToken> {
    const message = { audience: request.audience, scopes: [...request.scopes] }
    const start = this.#clock()
    return new Promise((resolve, reject) => {
      this.#connected().tokens.issueToken(
        message,
        { deadline: systemClock() + ISSUE_TIMEOUT_MS },
        (error, response) => {
          if (error !== null) return reject(explainAuthorityError(error))
          const lifetimeMs = (response?.expiresInSeconds ?? 0) * 1000
          resolve({ token: response?.token ?? '', lifetimeMs, expiresAt: start + lifetimeMs })
        },
      )
    })
  }

  /** Opens the trust feed. @param after what is known in full; without it, all that stands is sent */
  watchTrust(after?: Revision): ClientReadableStream<WatchResponse__Output> {
    return this.#connected().trust.watch(after === undefined ? {} : { after })
  }

  /** Gives up the connection, which may be open and bring nothing any more, for a new one. */
  reconnect(): void {
    this.#connection?.channel.close()
    this.#connection = undefined
  }

  close(): void {
    this.#isClosed = true
    this.#connection?.channel.close()
  }

  #connected(): Connection {
    if (this.#isClosed) throw new Error('This client was closed.')
    this.#connection ??= connect(this.#options)
    return this.#connection
  }
}

function connect({ clock = systemClock, logger = silentLogger, ...options }: AuthorityClientOptions): Connection {
  const server = serviceIdOf(options.credential.trustDomain, AUTHORITY_PATH)
  const channel = openChannel({ ...options, server, clock, logger })
  const overChannel = { channelOverride: channel }
  return {
    channel,
    tokens: new TokenService(channel.getTarget(), unusedCredentials(), overChannel),
    trust: new TrustService(channel.getTarget(), unusedCredentials(), overChannel),
  }
}
