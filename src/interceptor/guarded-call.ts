import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js'
import { monotonicClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { DecisionMeter } from '../core/telemetry.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import { peerOf } from '../transport/peers.ts'
import { toAuthError } from '../transport/status.ts'
import { removeToken, TOKEN_KEY } from '../transport/token-metadata.ts'
import { type AuthorizeOptions, authorize } from './authorize.ts'
import { type Admission, rememberAdmission } from './caller.ts'
import type { CallsUnderWay } from './calls-under-way.ts'
import { requireMetadataWithin } from './metadata-size.ts'
import { type CallFields, refuse } from './refuse.ts'

/** What decides about the calls of a server. */
export interface Gate extends AuthorizeOptions {
  readonly logger: Logger
  readonly metadataBytes: number
  readonly meter: DecisionMeter
  readonly calls?: CallsUnderWay
}

type NextCall = Parameters<ServerInterceptor>[1]
type Listener = Parameters<NextCall['start']>[0]

/**
 * A call of which its handler hears once it is admitted; everything else is handed on as it is. It listens in its own
 * place: grpc-js's way, with functions for a listener and a responder, makes ten objects a call, and half of a call's CPU
 * time is garbage collection.
 */
export class GuardedCall extends ServerInterceptingCall implements Listener {
  readonly #method: string
  readonly #call: NextCall
  readonly #gate: Gate
  readonly #begin = monotonicClock()
  /** The handler's, while the call lasts. */
  #next: Listener | undefined
  #peer: VerifiedPeer | undefined
  #isCounted = false

  /** @param method `/shop.v1.Inventory/Reserve`, from the handler's own definition */
  constructor(method: string, call: NextCall, gate: Gate) {
    super(call)
    this.#method = method
    this.#call = call
    this.#gate = gate
  }

  override start(next: Listener): void {
    this.#next = next
    this.#call.start(this)
  }

  override sendMetadata(...given: Parameters<NextCall['sendMetadata']>): void {
    this.#call.sendMetadata(...given)
  }

  override sendMessage(...given: Parameters<NextCall['sendMessage']>): void {
    this.#call.sendMessage(...given)
  }

  override sendStatus(...given: Parameters<NextCall['sendStatus']>): void {
    this.#call.sendStatus(...given)
  }

  onReceiveMetadata(metadata: Metadata): void {
    if (this.#next === undefined) return
    // Not at the start: grpc-js starts no call that is gone by then, and tells nobody of its end.
    this.#gate.calls?.begin()
    this.#isCounted = true
    try {
      this.#peer = peerOf(this.#call)
      requireMetadataWithin(metadata, this.#gate.metadataBytes)
      const token = metadata.get(TOKEN_KEY)
      const authorization = metadata.get('authorization')
      const admission = authorize({ method: this.#method, peer: this.#peer, token, authorization }, this.#gate)
      if ('caller' in admission) this.#admit(metadata, admission)
      else this.#decideLater(metadata, admission)
    } catch (error) {
      this.#refuse(error)
    }
  }

  /** Messages come when a handler asks for them, hence after the decision. */
  onReceiveMessage(message: unknown): void {
    this.#next?.onReceiveMessage(message)
  }

  onReceiveHalfClose(): void {
    this.#next?.onReceiveHalfClose()
  }

  /**
   * Comes at every end of a call. The handler's side is let go: an HTTP/2 stream outlives a collection of young garbage,
   * and what it leads to would be copied with it.
   */
  onCancel(): void {
    const next = this.#next
    if (next === undefined) return
    this.#next = undefined
    if (this.#isCounted) this.#gate.calls?.end()
    next.onCancel()
  }

  #decideLater(metadata: Metadata, admission: Promise<Admission>): void {
    admission.then(
      (admitted) => this.#admit(metadata, admitted),
      (error: unknown) => this.#refuse(error),
    )
  }

  #admit(metadata: Metadata, admission: Admission): void {
    if (this.#next === undefined) return
    try {
      removeToken(metadata)
      rememberAdmission(metadata, admission)
      this.#record(admission)
      this.#next.onReceiveMetadata(metadata)
    } catch (error) {
      this.#refuse(error)
    }
  }

  #record({ caller, token }: Admission): void {
    const { meter, logger, clock } = this.#gate
    const now = clock()
    meter.allowed(this.#method, caller.serviceId, now - caller.peer.notBefore, token && now - token.issuedAt * 1000)
    if (logger.isLevelEnabled?.('debug') === false) return
    logger.debug({ outcome: 'allowed', ...this.#fields(), tokenId: caller.tokenId }, 'call allowed')
  }

  #refuse(error: unknown): void {
    const refusal = toAuthError(error)
    this.#gate.meter.refused(this.#method, this.#peer?.serviceId, refusal.code)
    this.#call.sendStatus(refuse(refusal, this.#fields(), this.#gate.logger, 'admission'))
  }

  #fields(): CallFields {
    return { method: this.#method, caller: this.#peer?.serviceId, durationMs: monotonicClock() - this.#begin }
  }
}
