import { type Attributes, metrics, trace } from '@opentelemetry/api'
import type { AuthErrorCode } from './errors.ts'

/** What was decided about a call, for those who watch. */
export interface Decision {
  readonly method: string
  /** The service at the other end, where it is known. */
  readonly caller: string | undefined
  /** Why the call was refused; `undefined` where it was allowed. */
  readonly reason: AuthErrorCode | undefined
}

const KNOWN: Attributes = { 'countersign.known': true }
const UNKNOWN: Attributes = { 'countersign.known': false }

/**
 * Measurements of a server, by the OpenTelemetry API: they go nowhere until the program brings an SDK, before the server
 * is made.
 */
export class ServerTelemetry {
  readonly #decisions
  readonly #lookups
  readonly #tokenAge
  readonly #certificateAge

  constructor() {
    const meter = metrics.getMeter('countersign')
    this.#decisions = meter.createCounter('countersign.server.decisions', {
      description: 'Calls that were allowed or refused.',
      unit: '{call}',
    })
    this.#lookups = meter.createCounter('countersign.server.token_cache.lookups', {
      description: 'Tokens that came with calls, by whether they were known already.',
      unit: '{token}',
    })
    this.#tokenAge = meter.createHistogram('countersign.server.token.age', {
      description: 'How long before its use a token was issued.',
      unit: 's',
    })
    this.#certificateAge = meter.createHistogram('countersign.server.certificate.age', {
      description: "How long before a call its caller's certificate became valid.",
      unit: 's',
    })
  }

  decided({ method, caller, reason }: Decision): void {
    this.#decisions.add(1, {
      'countersign.method': method,
      'countersign.outcome': reason === undefined ? 'allowed' : 'refused',
      ...(caller !== undefined && { 'countersign.caller': caller }),
      ...(reason !== undefined && { 'countersign.reason': reason }),
    })
  }

  lookedUp(isKnown: boolean): void {
    this.#lookups.add(1, isKnown ? KNOWN : UNKNOWN)
  }

  /** @param ageMs milliseconds */
  tokenUsed(ageMs: number): void {
    this.#tokenAge.record(ageMs / 1000)
  }

  /** @param ageMs milliseconds */
  certificateUsed(ageMs: number): void {
    this.#certificateAge.record(ageMs / 1000)
  }
}

/** Says of the span that is active, if there is one, who calls. */
export function describeSpan(attributes: Attributes): void {
  trace.getActiveSpan()?.setAttributes(attributes)
}
