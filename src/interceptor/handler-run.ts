import type { EventEmitter } from 'node:events'

/** A handler at work on a call. */
export class HandlerRun {
  readonly #call: EventEmitter
  readonly #cancellation = new AbortController()
  readonly #cancel = () => this.#cancellation.abort()

  constructor(call: EventEmitter) {
    this.#call = call
    call.once('cancelled', this.#cancel)
  }

  /** Aborts where the call ends before its handler: its caller left, or its deadline passed. */
  get cancelled(): AbortSignal {
    return this.#cancellation.signal
  }

  /** grpc-js emits `cancelled` at every end of a call, also at that which the handler brought about. */
  end(): void {
    this.#call.off('cancelled', this.#cancel)
  }
}
