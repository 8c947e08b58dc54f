import { type ClientReadableStream, credentials } from '@grpc/grpc-js'
import type { Address } from '../core/address.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { type Logger, silentLogger } from '../core/logger.ts'
import type { WatchResponse__Output } from '../gen/countersign/v1/WatchResponse.ts'
import type { Credential } from '../identity/credential.ts'
import { AUTHORITY_PATH, serviceIdOf } from '../identity/service-id.ts'
import type { TokenRequest } from '../token/token-source.ts'
import { TokenService, TrustService } from '../transport/authority-protos.ts'
import { type MeshChannel, openChannel } from '../transport/channel.ts'
import { explainAuthorityError } from './authority-error.ts'

export interface AuthorityClientOptions {
  readonly address: Address
  /** What the authority is asked with: tokens are bound to this certificate. */
  readonly credential: Credential
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

/** Calls the authority over mutual TLS, and no server but the authority of the credential's trust domain. */
export class AuthorityClient {
  readonly #channel: MeshChannel
  readonly #tokens: InstanceType<typeof TokenService>
  readonly #trust: InstanceType<typeof TrustService>
  readonly #clock: Clock

  constructor({ address, credential, clock = systemClock, logger = silentLogger }: AuthorityClientOptions) {
    const server = serviceIdOf(credential.trustDomain, AUTHORITY_PATH)
    this.#channel = openChannel({ address, server, credential, clock, logger })
    this.#clock = clock
    const options = { channelOverride: this.#channel }
    this.#tokens = new TokenService(this.#channel.getTarget(), credentials.createSsl(), options)
    this.#trust = new TrustService(this.#channel.getTarget(), credentials.createSsl(), options)
  }

  /** @throws AuthError with the authority's reason, or AUTHORITY_UNAVAILABLE */
  issueToken(request: TokenRequest): Promise<IssuedToken> {
    const message = { audience: request.audience, scopes: [...request.scopes] }
    const start = this.#clock()
    return new Promise((resolve, reject) => {
      this.#tokens.issueToken(message, { deadline: systemClock() + ISSUE_TIMEOUT_MS }, (error, response) => {
        if (error !== null) return reject(explainAuthorityError(error))
        const lifetimeMs = (response?.expiresInSeconds ?? 0) * 1000
        resolve({ token: response?.token ?? '', lifetimeMs, expiresAt: start + lifetimeMs })
      })
    })
  }

  /** Opens the trust feed. */
  watchTrust(): ClientReadableStream<WatchResponse__Output> {
    return this.#trust.watch({})
  }

  close(): void {
    this.#channel.close()
  }
}
