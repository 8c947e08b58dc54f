import { Authorities } from '../client/authorities.ts'
import type { AuthorityClient } from '../client/authority-client.ts'
import { createTokenSource } from '../client/token-source.ts'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Credential } from '../identity/credential.ts'
import { AUTHORITY_PATH, type ServicePath, serviceIdOf } from '../identity/service-id.ts'
import type { TokenRequest, TokenSource } from '../token/token-source.ts'
import { type MeshChannel, openChannel } from '../transport/channel.ts'
import type { TrustState } from '../trust/trust-state.ts'

export interface GenerationOptions {
  readonly credential: Credential
  readonly authorities: readonly Address[]
  readonly trust: TrustState
  readonly logger: Logger
  readonly clock: Clock
}

/**
 * One credential in use, and everything that must not outlive it or mix with another's: the connections to the
 * authorities, the tokens that are bound to its certificate, the channels that present it.
 */
export class Generation {
  readonly credential: Credential
  readonly authorities: Authorities
  readonly #options: GenerationOptions
  readonly #tokens: TokenSource
  readonly #channels: MeshChannel[] = []
  readonly #authorityChannels = new Map<AuthorityClient, MeshChannel>()

  constructor(options: GenerationOptions) {
    const { credential, authorities: addresses, trust, logger, clock } = options
    this.credential = credential
    this.#options = options
    this.authorities = new Authorities({ addresses, credential, trust, clock, logger })
    const issue = (request: TokenRequest) => this.authorities.issueToken(request)
    this.#tokens = createTokenSource({ issue, trust, logger, clock })
  }

  /** A channel to the service that must answer at an address. */
  openChannel(service: ServicePath, address: Address): MeshChannel {
    const { credential, trust, logger, clock } = this.#options
    const server = serviceIdOf(credential.trustDomain, service)
    const channel = openChannel({ address, server, credential, tokens: this.#tokens, trust, logger, clock })
    this.#channels.push(channel)
    return channel
  }

  /** The channel for what an authority demands a token for. */
  authorityChannel(authority: AuthorityClient): MeshChannel {
    const channel = this.#authorityChannels.get(authority) ?? this.openChannel(AUTHORITY_PATH, authority.address)
    this.#authorityChannels.set(authority, channel)
    return channel
  }

  close(): void {
    for (const channel of this.#channels) channel.close()
    this.authorities.close()
  }
}
