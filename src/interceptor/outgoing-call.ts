import { Readable, type Writable } from 'node:stream'
import { Metadata, type ServiceError } from '@grpc/grpc-js'
import { messageOf } from '../core/errors.ts'
import { CallError } from './call-error.ts'
import type { Requests } from './service-types.ts'

/** What all calls of a grpc-js client have in common. */
type GrpcCall = NodeJS.EventEmitter & { cancel(): void }

/** A call of a client, and what may end it from this side: a signal that aborts, or requests that fail. */
export class OutgoingCall {
  readonly #path: string
  readonly #signal: AbortSignal | undefined
  #stopListening: (() => void) | undefined
  #call: GrpcCall | undefined
  #cancelled: CallError | undefined

  constructor(path: string, signal: AbortSignal | undefined) {
    this.#path = path
    this.#signal = signal
  }

  /**
   * Begins the call.
   * @throws CallError where its signal has aborted before
   */
  begin<Call extends GrpcCall>(start: () => Call): Call {
    if (this.#signal?.aborted) throw this.#cancellation('The call was cancelled', this.#signal.reason)
    const call = start()
    this.#call = call
    if (this.#signal !== undefined) this.#stopListening = this.#listen(this.#signal)
    return call
  }

  /** Begins a call that is itself a stream, and ends by itself. */
  beginStream<Call extends GrpcCall>(start: () => Call): Call {
    const call = this.begin(start)
    call.on('error', () => {}) // it surfaces where the call is read, but may come when that is over
    call.once('status', () => this.end())
    return call
  }

  /** Sends requests no faster than the call takes them, and closes what they come from when the call ends first. */
  send(requests: Requests<unknown>, call: GrpcCall & Writable): void {
    const source = Readable.from(requests)
    source.on('error', (error) => this.#cancel('The requests failed', error))
    call.once('status', () => source.destroy())
    source.pipe(call)
  }

  /** Ends the call if it still goes on. */
  close(): void {
    this.#call?.cancel()
    this.end()
  }

  /** The call has ended by itself. */
  end(): void {
    this.#call = undefined
    this.#stopListening?.()
    this.#stopListening = undefined
  }

  /** A failure of the call, as its client sees it. */
  explain(error: unknown): CallError {
    if (this.#cancelled !== undefined) return this.#cancelled
    if (error instanceof CallError) return error
    return isServiceError(error) ? new CallError(this.#path, error) : CallError.fromThrown(this.#path, error)
  }

  #cancel(what: string, cause: unknown): void {
    if (this.#call === undefined) return // it has ended: what requests throw as they are closed changes nothing
    this.#cancelled ??= this.#cancellation(what, cause)
    this.#call.cancel()
  }

  #cancellation(what: string, cause: unknown): CallError {
    return CallError.cancelled(this.#path, `${what}: ${messageOf(cause)}`, cause)
  }

  #listen(signal: AbortSignal): () => void {
    const abort = () => this.#cancel('The call was cancelled', signal.reason)
    signal.addEventListener('abort', abort)
    return () => signal.removeEventListener('abort', abort)
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'metadata' in error && error.metadata instanceof Metadata
}
