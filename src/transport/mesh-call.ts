import { type CallCredentials, type InterceptingListener, Metadata, type StatusObject, status } from '@grpc/grpc-js'
import type { Clock } from '../core/clock.ts'
import type { ServiceId } from '../identity/service-id.ts'
import type { TokenSource } from '../token/token-source.ts'
import type { TrustState } from '../trust/trust-state.ts'
import type { BoundedChannel, Call, CallArguments } from './bounded-channel.ts'
import type { ChannelSuccession } from './channel-succession.ts'
import { peerOf } from './peers.ts'
import { PendingToken } from './pending-token.ts'

/** What the calls of a channel have in common. */
export interface CallSettings {
  readonly server: ServiceId
  readonly tokens: TokenSource | undefined
  readonly trust: TrustState | undefined
  readonly clock: Clock
}

const CLOSED = { code: status.UNAVAILABLE, details: 'Channel closed before call started' }

/**
 * A call that takes its channel when it starts, not when it is made: between the two an interceptor may wait, or give
 * up. It listens in its own place, so that it costs one object and no closure.
 */
export class MeshCall implements Call, InterceptingListener {
  readonly #channels: ChannelSuccession
  readonly #settings: CallSettings
  readonly #arguments: CallArguments
  #credentials: CallCredentials | undefined
  #cancelled: Pick<StatusObject, 'code' | 'details'> | undefined
  #channel: BoundedChannel | undefined
  #call: Call | undefined
  #listener: InterceptingListener | undefined

  constructor(channels: ChannelSuccession, settings: CallSettings, args: CallArguments) {
    this.#channels = channels
    this.#settings = settings
    this.#arguments = args
  }

  /** Binds a pending token to the certificate of this channel and to the service at its other end. */
  setCredentials(given: CallCredentials): void {
    const { server, tokens } = this.#settings
    const isBindable = given instanceof PendingToken && tokens !== undefined
    this.#credentials = isBindable ? given.bind(server, tokens) : given
  }

  start(metadata: Metadata, listener: InterceptingListener): void {
    const ended = this.#channels.isClosed ? CLOSED : this.#cancelled
    if (ended !== undefined) {
      process.nextTick(() => listener.onReceiveStatus({ ...ended, metadata: new Metadata() }))
      return
    }
    const channel = this.#channels.current()
    const call = channel.grpc.createCall(...this.#arguments)
    if (this.#credentials !== undefined) call.setCredentials(this.#credentials)
    this.#listener = listener
    this.#channel = channel
    this.#call = call
    call.start(metadata, this)
    channel.callStarted()
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#listener?.onReceiveMetadata(metadata)
  }

  onReceiveMessage(message: unknown): void {
    this.#listener?.onReceiveMessage(message)
  }

  /**
   * The end of the call. The caller's side is let go: an HTTP/2 stream outlives a collection of young garbage, and what it
   * leads to would be copied with it.
   */
  onReceiveStatus(received: StatusObject): void {
    const listener = this.#listener
    this.#listener = undefined
    this.#channel?.callEnded()
    listener?.onReceiveStatus(received.code === status.UNAVAILABLE ? this.#explain(received) : received)
  }

  sendMessageWithContext(...args: Parameters<Call['sendMessageWithContext']>): void {
    this.#call?.sendMessageWithContext(...args)
  }

  startRead(): void {
    this.#call?.startRead()
  }

  halfClose(): void {
    this.#call?.halfClose()
  }

  cancelWithStatus(code: status, details: string): void {
    if (this.#call === undefined) this.#cancelled ??= { code, details }
    else this.#call.cancelWithStatus(code, details)
  }

  getPeer(): string {
    return this.#call?.getPeer() ?? this.#channels.target
  }

  getCallNumber(): number {
    return this.#call?.getCallNumber() ?? -1
  }

  getAuthContext(): ReturnType<Call['getAuthContext']> {
    return this.#call?.getAuthContext() ?? null
  }

  /** grpc-js would say of a call whose connection was cut, as the server's certificate counts no more, that it dropped. */
  #explain(received: StatusObject): StatusObject {
    const { server, trust, clock } = this.#settings
    const peer = peerOf(this)
    if (peer === undefined) return received
    const isExpired = clock() > peer.notAfter
    if (!isExpired && trust?.refusalOfCertificate(peer) === undefined) return received
    const what = isExpired
      ? `CERTIFICATE_EXPIRED: The certificate of ${server} expired during the call.`
      : `CERTIFICATE_REVOKED: The certificate of ${server} was revoked during the call, or the service blocked.`
    return { ...received, details: `${what} A new call makes a new connection.` }
  }
}
