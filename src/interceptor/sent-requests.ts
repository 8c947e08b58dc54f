import type { InterceptingCall, NextCall } from '@grpc/grpc-js'

/** One attempt at a call. */
export type Attempt = ReturnType<NextCall>

/** How a request is to be sent; its callback, which streams have, tells that the next may follow. */
export type SendContext = Parameters<InterceptingCall['sendMessageWithContext']>[0]

interface SentRequest {
  readonly context: SendContext
  readonly message: unknown
}

/** How many requests a call may have sent and still be repeated. */
const MAX_KEPT = 64

/** What a caller sends, kept for as long as all of it may have to be sent once more. */
export class SentRequests {
  #attempt: Attempt
  #requests: SentRequest[] | undefined
  #state: 'keeping' | 'repeating' | 'passing' = 'keeping'
  #isHalfClosed = false

  constructor(attempt: Attempt) {
    this.#attempt = attempt
  }

  /** Whether all that was sent is still here. */
  get areKept(): boolean {
    return this.#state === 'keeping'
  }

  /** They will not be needed again. */
  forget(): void {
    if (this.#state !== 'keeping') return
    this.#state = 'passing'
    this.#requests = undefined
  }

  send(context: SendContext, message: unknown): void {
    if (this.#requests?.length === MAX_KEPT) this.forget()
    const own = this.#state === 'passing' ? context : callingBackOnce(context)
    if (this.#state !== 'passing') this.#keep({ context: own, message })
    if (this.#state !== 'repeating') this.#attempt.sendMessageWithContext(own, message)
  }

  halfClose(): void {
    this.#isHalfClosed = true
    if (this.#state !== 'repeating') this.#attempt.halfClose()
  }

  /** Most calls send one request, and a list of one takes less than a list that grows. */
  #keep(request: SentRequest): void {
    if (this.#requests === undefined) this.#requests = [request]
    else this.#requests.push(request)
  }

  /** Sends everything once more, in another attempt, which is the last. What the caller sends meanwhile follows. */
  repeat(attempt: Attempt): void {
    this.#attempt = attempt
    this.#state = 'repeating'
    this.#repeatNext()
  }

  /** One after the other: grpc-js holds a single request of a call that waits for its token. */
  #repeatNext(): void {
    const request = this.#requests?.shift()
    if (request === undefined) {
      this.#state = 'passing'
      this.#requests = undefined
      if (this.#isHalfClosed) this.#attempt.halfClose()
      return
    }
    const { context, message } = request
    const callback = (error?: Error | null) => {
      context.callback?.(error)
      this.#repeatNext()
    }
    this.#attempt.sendMessageWithContext({ ...context, callback }, message)
  }
}

/** The caller hears of a request once, in whichever attempt: a stream that hears twice fails. */
function callingBackOnce(context: SendContext): SendContext {
  const { callback } = context
  if (callback === undefined) return context
  let hasCalledBack = false
  return {
    ...context,
    callback: (error) => {
      if (!hasCalledBack) callback(error)
      hasCalledBack = true
    },
  }
}
