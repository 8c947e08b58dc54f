import { type Clock, monotonicBeside } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import { callAt } from '../core/timer.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import type { VerifiedToken } from '../token/verify.ts'
import type { RevocationIndex } from '../trust/revocation-index.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { nameClock } from './clock-refusal.ts'
import { expiryRefusal, lostKeyRefusal } from './expiry-refusal.ts'

/** A call that a server is answering, and what it rests on. */
export interface LiveCall {
  /** Whether requests or responses are streamed: such a call may go on for longer than what it rests on is good for. */
  readonly isStream: boolean
  /** `undefined` where nobody has looked yet. */
  readonly peer: VerifiedPeer | undefined
  /** `undefined` where it rests on a certificate alone, or is not decided yet. */
  readonly token: VerifiedToken | undefined
  /** Ends it, unless it is over. Must not throw: other calls are to be ended too. */
  endWith(refusal: AuthError): void
}

export interface LiveCallsOptions {
  readonly trust: TrustState
  readonly clock: Clock
}

/** How often streams are looked at: this is how much longer one may go on than what it rests on. */
const SWEEP_MS = 1_000

/**
 * The calls that a server is answering. It ends those whose token or certificate is revoked, at once; and streams that
 * have outlived theirs, or that go on where nobody has known for too long what is revoked, within a second. Of calls with
 * one request and one response, which end by themselves, it only keeps the list.
 */
export class LiveCalls {
  readonly #trust: TrustState
  readonly #clock: Clock
  /** A clock that is set back must not keep streams alive. */
  readonly #sweepClock: Clock
  readonly #calls = new Set<LiveCall>()
  readonly #waiting = new Set<() => void>()
  readonly #unsubscribe: () => void
  #cancelSweep: (() => void) | undefined

  constructor({ trust, clock }: LiveCallsOptions) {
    this.#trust = trust
    this.#clock = clock
    this.#sweepClock = monotonicBeside(clock)
    this.#unsubscribe = trust.subscribe(({ revocations }) => this.#endRevoked(revocations))
  }

  begin(call: LiveCall): void {
    this.#calls.add(call)
    if (call.isStream && this.#cancelSweep === undefined) this.#scheduleSweep()
  }

  end(call: LiveCall): void {
    if (!this.#calls.delete(call) || this.#calls.size > 0) return
    for (const wake of this.#waiting) wake()
  }

  /** Resolves to true once no call is under way, and to false after `timeoutMs`. */
  settle(timeoutMs: number): Promise<boolean> {
    if (this.#calls.size === 0) return Promise.resolve(true)
    return new Promise((resolve) => {
      const finish = (isSettled: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve(isSettled)
      }
      const wake = () => finish(true)
      const timer = setTimeout(finish, timeoutMs, false)
      this.#waiting.add(wake)
    })
  }

  /** Ends no more calls from now on. */
  close(): void {
    this.#unsubscribe()
    this.#cancelSweep?.()
  }

  #endRevoked(revocations: RevocationIndex): void {
    if (revocations.size === 0) return
    for (const call of this.#calls) {
      const refusal = revocationRefusal(call, revocations)
      if (refusal !== undefined) call.endWith(refusal)
    }
  }

  /** One timer for all of them, and none where there is no stream. */
  #scheduleSweep(): void {
    this.#cancelSweep = callAt(this.#sweepClock() + SWEEP_MS, this.#sweepClock, () => this.#sweep())
  }

  #sweep(): void {
    this.#cancelSweep = undefined
    const streams = this.#streams()
    if (streams.length === 0) return
    this.#scheduleSweep()
    const now = this.#clock()
    for (const call of streams) {
      const refusal = expiryRefusal(call, now) ?? lostKeyRefusal(call, this.#trust)
      if (refusal !== undefined) call.endWith(nameClock(refusal, this.#trust))
    }
    if (!this.#trust.isUsable) void this.#endWithoutTrust()
  }

  /** As calls that come are given a moment: a process that slept hears of the authority just after it wakes. */
  async #endWithoutTrust(): Promise<void> {
    await this.#trust.untilUsable()
    const refusal = refusalByTrust(this.#trust)
    if (refusal !== undefined) for (const call of this.#streams()) call.endWith(refusal)
  }

  #streams(): readonly LiveCall[] {
    return [...this.#calls].filter(({ isStream }) => isStream)
  }
}

function revocationRefusal({ peer, token }: LiveCall, revocations: RevocationIndex): AuthError | undefined {
  const byPeer = peer && revocations.refusalOfCertificate(peer)
  return byPeer ?? (token && revocations.refusalOfToken(token))
}

function refusalByTrust(trust: TrustState): AuthError | undefined {
  try {
    trust.head()
    return undefined
  } catch (error) {
    if (error instanceof AuthError) return error
    throw error
  }
}
