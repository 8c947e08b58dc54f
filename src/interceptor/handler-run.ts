import type { EventEmitter } from 'node:events'
import type { HandlerContext } from './service-types.ts'

/** A call as grpc-js shows it to its handler. */
interface Call extends EventEmitter {
  readonly cancelled: boolean
}

/** A handler at work on a call. The signal is made for those that ask for it: each call would pay for it, and few need it. */
export class HandlerRun implements HandlerContext {
  readonly #call: Call
  #cancellation: AbortController | undefined
  #isEnded = false

  constructor(call: Call) {
    this.#call = call
  }

  get cancelled(): AbortSignal {
    this.#cancellation ??= this.#watch()
    return this.#cancellation.signal
  }

  /** grpc-js emits `cancelled` at every end of a call, also at that which the handler brought about. */
  end(): void {
    this.#isEnded = true
  }

  #watch(): AbortController {
    const cancellation = new AbortController()
    const cancel = () => {
      if (!this.#isEnded) cancellation.abort()
    }
    if (this.#call.cancelled) cancel()
    else this.#call.once('cancelled', cancel)
    return cancellation
  }
}
