import { Channel, type ChannelInterface, type ChannelOptions } from '@grpc/grpc-js'
import type { Clock } from '../core/clock.ts'
import { callAt } from '../core/timer.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import type { Connector } from './connector.ts'
import { ConnectorCredentials } from './connector-credentials.ts'

export interface BoundedChannelOptions {
  readonly target: string
  readonly connect: Connector
  readonly maxAgeMs: number
  readonly clock: Clock
  /** Runs once the channel is over. */
  readonly onOver: () => void
  /** Runs when it has closed. */
  readonly onClosed: () => void
}

export type Call = ReturnType<ChannelInterface['createCall']>
export type CallArguments = Parameters<ChannelInterface['createCall']>

const OPTIONS: ChannelOptions = {
  // Channels with equal targets would share connections across credentials.
  'grpc.use_local_subchannel_pool': 1,
  // The environment's HTTP proxy is not for calls inside the mesh.
  'grpc.enable_http_proxy': 0,
  // A TXT record must not configure calls.
  'grpc.service_config_disable_resolution': 1,
  // A connection whose other end is gone says nothing by itself.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5_000,
}

/**
 * A channel of grpc-js for a limited time: it is over at its maximum age, which counts from its first connection,
 * or as soon as a certificate that a server showed on it has expired. No call should start on it then.
 */
export class BoundedChannel {
  readonly grpc: ChannelInterface
  readonly #options: BoundedChannelOptions
  #state: 'open' | 'draining' | 'closed' = 'open'
  #callCount = 0
  #lastMoment = Number.POSITIVE_INFINITY
  #cancelTimer = () => {}

  constructor(options: BoundedChannelOptions) {
    this.#options = options
    const credentials = new ConnectorCredentials(async (tcp) => {
      const { socket, server } = await options.connect(tcp)
      this.#limit(server)
      return socket
    })
    this.grpc = new Channel(options.target, credentials, OPTIONS)
  }

  get isInUse(): boolean {
    return this.#callCount > 0
  }

  isOver(now: number): boolean {
    return now > this.#lastMoment
  }

  /** A call has started here. grpc-js would end calls that wait for a connection or a token when it closes. */
  callStarted(): void {
    this.#callCount += 1
  }

  callEnded(): void {
    this.#callCount -= 1
    if (this.#callCount === 0 && this.#state === 'draining') this.close()
  }

  /** Closes once the calls on it have ended. */
  drain(): void {
    this.#cancelTimer()
    this.#state = 'draining'
    if (this.#callCount === 0) this.close()
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#cancelTimer()
    this.#state = 'closed'
    this.grpc.close()
    this.#options.onClosed()
  }

  #limit({ notAfter }: VerifiedPeer): void {
    if (this.#state !== 'open') return
    const { clock, maxAgeMs, onOver } = this.#options
    const lastMoment = Math.min(this.#lastMoment, clock() + maxAgeMs, notAfter)
    if (lastMoment === this.#lastMoment) return
    this.#lastMoment = lastMoment
    this.#cancelTimer()
    this.#cancelTimer = callAt(lastMoment + 1, clock, onOver)
  }
}
