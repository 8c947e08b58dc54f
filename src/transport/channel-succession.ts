import type { Clock } from '../core/clock.ts'
import { BoundedChannel } from './bounded-channel.ts'
import type { Connector } from './connector.ts'

export interface ChannelSuccessionOptions {
  readonly target: string
  readonly connect: Connector
  /** Channels are replaced at this age or up to a fifth earlier, so that not all clients of a server come at once. */
  readonly maxAgeMs: number
  readonly clock: Clock
}

const JITTER = 0.2

/** Channels to one server, one after the other: new calls start on the current one, the earlier ones drain. */
export class ChannelSuccession {
  readonly #options: ChannelSuccessionOptions
  readonly #draining = new Set<BoundedChannel>()
  readonly #watchers = new Set<() => void>()
  #current: BoundedChannel
  #isClosed = false

  constructor(options: ChannelSuccessionOptions) {
    this.#options = options
    this.#current = this.#open()
  }

  get target(): string {
    return this.#options.target
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Where a call starts now. */
  current(): BoundedChannel {
    if (!this.#isClosed && this.#current.isOver(this.#options.clock())) this.replace()
    return this.#current
  }

  /** Turns to a new connection. Calls under way go on where they are. */
  replace(): void {
    const previous = this.#current
    this.#current = this.#open()
    if (previous.isInUse) this.#current.grpc.getConnectivityState(true)
    this.#draining.add(previous)
    previous.drain()
    for (const changed of [...this.#watchers]) changed()
  }

  /** Calls back once, when the state has changed: it has too with a new channel. */
  watchState(state: number, deadline: Date | number, callback: (error?: Error) => void): void {
    const changed = (error?: Error) => {
      if (this.#watchers.delete(changed)) callback(error)
    }
    this.#current.grpc.watchConnectivityState(state, deadline, changed)
    this.#watchers.add(changed)
  }

  close(): void {
    this.#isClosed = true
    for (const channel of [this.#current, ...this.#draining]) channel.close()
  }

  #open(): BoundedChannel {
    const { maxAgeMs } = this.#options
    const channel: BoundedChannel = new BoundedChannel({
      ...this.#options,
      maxAgeMs: maxAgeMs - maxAgeMs * JITTER * Math.random(),
      onOver: () => this.replace(),
      onClosed: () => void this.#draining.delete(channel),
    })
    return channel
  }
}
