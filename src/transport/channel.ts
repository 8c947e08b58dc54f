import type { ChannelInterface } from '@grpc/grpc-js'
import { type Address, formatAddress } from '../core/address.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { type Logger, silentLogger } from '../core/logger.ts'
import type { Credential } from '../identity/credential.ts'
import type { ServiceId } from '../identity/service-id.ts'
import type { TokenSource } from '../token/token-source.ts'
import type { TrustState } from '../trust/trust-state.ts'
import type { Call, CallArguments } from './bounded-channel.ts'
import { ChannelSuccession } from './channel-succession.ts'
import { createConnector } from './connector.ts'
import { type CallSettings, MeshCall } from './mesh-call.ts'

export interface GenerationChannelOptions {
  readonly address: Address
  /** The service that must answer there. */
  readonly server: ServiceId
  /** What this side presents: the channel belongs to this one credential. */
  readonly credential: Credential
  /** Brings tokens that are bound to the same credential. Without it, a call that needs one fails. */
  readonly tokens?: TokenSource
  /** By what is revoked. Without it nothing is known of that. */
  readonly trust?: TrustState
  /** After which the server has to prove anew who it is. Default: 30 minutes. */
  readonly maxConnectionAgeMs?: number
  /** Is told of servers that were refused. */
  readonly logger?: Logger
  readonly clock?: Clock
}

const MAX_CONNECTION_AGE_MS = 30 * 60 * 1000
const HANDSHAKE_TIMEOUT_MS = 10_000

/**
 * A channel of one generation: mutual TLS with one credential, to one service, and the tokens that go with both.
 * A connection to anything but that service fails, and so do calls on it. When the certificate of the server expires
 * or is revoked, its connections are cut, with the calls on them (UNAVAILABLE); at the maximum age new calls take a new
 * connection, and those under way go on.
 */
export function openChannel(options: GenerationChannelOptions): MeshChannel {
  return new MeshChannel(options)
}

/** A channel made by `openChannel`: the only kind that binds tokens. Clients get it by `channelOverride`. */
export class MeshChannel implements ChannelInterface {
  readonly #channels: ChannelSuccession
  readonly #settings: CallSettings

  constructor({ address, server, credential, tokens, trust, ...options }: GenerationChannelOptions) {
    const { clock = systemClock, logger = silentLogger, maxConnectionAgeMs = MAX_CONNECTION_AGE_MS } = options
    if (!(maxConnectionAgeMs > 0)) throw new TypeError('maxConnectionAgeMs must be a positive number.')
    const handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS
    this.#channels = new ChannelSuccession({
      // With the scheme, a host that is called like one (unix, ipv4) is still a host.
      target: `dns:///${formatAddress(address)}`,
      connect: createConnector({ address, server, credential, trust, logger, clock, handshakeTimeoutMs }),
      maxAgeMs: maxConnectionAgeMs,
      clock,
    })
    this.#settings = { server, tokens, trust, clock }
  }

  createCall(...args: CallArguments): Call {
    if (this.#channels.isClosed) throw new Error('Channel has been shut down')
    return new MeshCall(this.#channels, this.#settings, args)
  }

  getTarget(): string {
    return this.#channels.current().grpc.getTarget()
  }

  getConnectivityState(tryToConnect: boolean): ReturnType<ChannelInterface['getConnectivityState']> {
    // A channel of grpc-js would come back to life.
    return this.#channels.current().grpc.getConnectivityState(tryToConnect && !this.#channels.isClosed)
  }

  watchConnectivityState(...args: Parameters<ChannelInterface['watchConnectivityState']>): void {
    this.#channels.watchState(...args)
  }

  getChannelzRef(): ReturnType<ChannelInterface['getChannelzRef']> {
    return this.#channels.current().grpc.getChannelzRef()
  }

  close(): void {
    this.#channels.close()
  }
}
