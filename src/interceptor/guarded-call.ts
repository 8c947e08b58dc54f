import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js'
import { monotonicClock } from '../core/clock.ts'
import type { AuthError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { type DecisionMeter, outsideSpans } from '../core/telemetry.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import type { VerifiedToken } from '../token/verify.ts'
import { peerOf } from '../transport/peers.ts'
import { toAuthError } from '../transport/status.ts'
import { removeToken, TOKEN_KEY } from '../transport/token-metadata.ts'
import { type AuthorizeOptions, authorize } from './authorize.ts'
import { type Admission, rememberAdmission } from './caller.ts'
import { lostKeyRefusal } from './expiry-refusal.ts'
import type { LiveCall, LiveCalls } from './live-calls.ts'
import { requireMetadataWithin } from './metadata-size.ts'
import { type CallFields, refuse } from './refuse.ts'

/** What decides about the calls of a server. */
export interface Gate extends AuthorizeOptions {
  readonly logger: Logger
  readonly metadataBytes: number
  readonly meter: DecisionMeter
  readonly calls: LiveCalls
}

type Method = Parameters<ServerInterceptor>[0]
type NextCall = Parameters<ServerInterceptor>[1]
type Listener = Parameters<NextCall['start']>[0]

/**
 * A call of which its handler hears once it is admitted, and that is ended once what it rests on no longer holds;
 * everything else is handed on as it is. It listens in its own place: grpc-js's way, with functions for a listener and a
 * responder, makes ten objects a call, and half of a call's CPU time is garbage collection.
 */
export class GuardedCall extends ServerInterceptingCall implements Listener, LiveCall {
  readonly isStream: boolean
  /** `/shop.v1.Inventory/Reserve`, from the handler's own definition. */
  readonly #method: string
  readonly #call: NextCall
  readonly #gate: Gate
  readonly #begin = monotonicClock()
  /** The handler's, while the call lasts. */
  #next: Listener | undefined
  #peer: VerifiedPeer | undefined
  #token: VerifiedToken | undefined
  #state: 'undecided' | 'admitted' | 'answered' = 'undecided'

  constructor({ path, requestStream, responseStream }: Method, call: NextCall, gate: Gate) {
    super(call)
    this.isStream = requestStream || responseStream
    this.#method = path
    this.#call = call
    this.#gate = gate
  }

  get peer(): VerifiedPeer | undefined {
    return this.#peer
  }

  get token(): VerifiedToken | undefined {
    return this.#token
  }

  override start(next: Listener): void {
    this.#next = next
    this.#call.start(this)
  }

  override sendMetadata(...given: Parameters<NextCall['sendMetadata']>): void {
    if (this.#state !== 'answered') this.#call.sendMetadata(...given)
  }

  override sendMessage(...given: Parameters<NextCall['sendMessage']>): void {
    if (this.#state !== 'answered') this.#call.sendMessage(...given)
  }

  override sendStatus(...given: Parameters<NextCall['sendStatus']>): void {
    if (this.#state === 'answered') return
    this.#state = 'answered'
    this.#call.sendStatus(...given)
  }

  onReceiveMetadata(metadata: Metadata): void {
    if (this.#next === undefined) return
    // Not at the start: grpc-js starts no call that is gone by then, and tells nobody of its end.
    this.#gate.calls.begin(this)
    try {
      this.#peer = peerOf(this.#call)
      requireMetadataWithin(metadata, this.#gate.metadataBytes)
      const token = metadata.get(TOKEN_KEY)
      const authorization = metadata.get('authorization')
      const admission = authorize({ method: this.#method, peer: this.#peer, token, authorization }, this.#gate)
      if ('caller' in admission) this.#admit(metadata, admission)
      else this.#decideLater(metadata, admission)
    } catch (error) {
      this.#refuse(error, 'admission')
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
    this.#gate.calls.end(this)
    const next = this.#next
    if (next === undefined) return
    this.#next = undefined
    next.onCancel()
  }

  endWith(refusal: AuthError): void {
    const next = this.#next
    if (next === undefined || this.#state === 'answered') return
    this.#next = undefined
    outsideSpans(() => {
      this.#refuse(refusal, this.#state === 'undecided' ? 'admission' : undefined)
      // As grpc-js tells of an end: what the handler does then is not to befall whoever ends its call.
      process.nextTick(() => next.onCancel())
    })
  }

  #decideLater(metadata: Metadata, deciding: Promise<Admission>): void {
    deciding
      .then((admission) => {
        requireStanding(admission, this.#gate)
        this.#admit(metadata, admission)
      })
      .catch((error: unknown) => this.#refuse(error, 'admission'))
  }

  #admit(metadata: Metadata, admission: Admission): void {
    if (this.#next === undefined) return
    this.#state = 'admitted'
    this.#token = admission.token
    try {
      removeToken(metadata)
      rememberAdmission(metadata, admission)
      this.#record(admission)
      this.#next.onReceiveMetadata(metadata)
    } catch (error) {
      this.#refuse(error, 'admission')
    }
  }

  #record({ caller, token }: Admission): void {
    const { meter, logger, clock } = this.#gate
    const now = clock()
    meter.allowed(this.#method, caller.serviceId, now - caller.peer.notBefore, token && now - token.issuedAt * 1000)
    if (logger.isLevelEnabled?.('debug') === false) return
    logger.debug({ outcome: 'allowed', ...this.#fields(), tokenId: caller.tokenId }, 'call allowed')
  }

  #refuse(error: unknown, stage: 'admission' | undefined): void {
    if (this.#state === 'answered') return
    this.#state = 'answered'
    const refusal = toAuthError(error)
    this.#gate.meter.refused(this.#method, this.#peer?.serviceId, refusal.code)
    this.#call.sendStatus(refuse(refusal, this.#fields(), this.#gate.logger, stage))
  }

  #fields(): CallFields {
    return { method: this.#method, caller: this.#peer?.serviceId, durationMs: monotonicClock() - this.#begin }
  }
}

/** What was decided on may have been revoked before the decision came here. */
function requireStanding({ caller, token }: Admission, { trust }: Gate): void {
  const refusal =
    trust.refusalOfCertificate(caller.peer) ??
    (token && (trust.refusalOfToken(token) ?? lostKeyRefusal({ peer: caller.peer, token }, trust)))
  if (refusal !== undefined) throw refusal
}
