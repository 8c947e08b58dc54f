import { AuthorityClient } from '../client/authority-client.ts'
import { createTokenSource } from '../client/token-source.ts'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Credential } from '../identity/credential.ts'
import { type ServicePath, serviceIdOf } from '../identity/service-id.ts'
import type { TokenRequest, TokenSource } from '../token/token-source.ts'
import { type MeshChannel, openChannel } from '../transport/channel.ts'
import type { TrustState } from '../trust/trust-state.ts'

/**
 * One credential in use, and everything that must not outlive it or mix with another's: the connection to the
 * authority, the tokens that are bound to its certificate, the channels that present it.
 */
export class Generation {
  readonly credential: Credential
  readonly authority: AuthorityClient
  readonly #tokens: TokenSource
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #channels: MeshChannel[] = []

  constructor(credential: Credential, authority: Address, trust: TrustState, logger: Logger, clock: Clock) {
    this.credential = credential
    this.#logger = logger
    this.#clock = clock
    this.authority = new AuthorityClient({ address: authority, credential, clock, logger })
    const issue = (request: TokenRequest) => this.authority.issueToken(request)
    this.#tokens = createTokenSource({ issue, trust, logger, clock })
  }

  /** A channel to the service that must answer at an address. */
  openChannel(service: ServicePath, address: Address): MeshChannel {
    const { credential } = this
    const server = serviceIdOf(credential.trustDomain, service)
    const channel = openChannel({
      address,
      server,
      credential,
      tokens: this.#tokens,
      logger: this.#logger,
      clock: this.#clock,
    })
    this.#channels.push(channel)
    return channel
  }

  close(): void {
    for (const channel of this.#channels) channel.close()
    this.authority.close()
  }
}
