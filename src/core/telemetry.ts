import {
  type Attributes,
  context,
  createContextKey,
  createNoopMeter,
  metrics,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api'
import type { AuthErrorCode } from './errors.ts'

/** By the OpenTelemetry API alone: nothing goes anywhere until the program brings an SDK, before it makes what measures. */
const meter = () => metrics.getMeter('countersign')

/** Measures what a server decides, and how old what it rests on is. */
export class DecisionMeter {
  /** Whether an SDK listens: without one a call is not to pay for what nobody hears. */
  readonly #isHeard = meter() !== createNoopMeter()
  readonly #decisions = meter().createCounter('countersign.decisions', {
    description: 'Calls that a server allowed or refused.',
    unit: '{call}',
  })
  readonly #tokenAge = meter().createHistogram('countersign.token.age', {
    description: 'How long before an allowed call its token was issued.',
    unit: 's',
  })
  readonly #certificateAge = meter().createHistogram('countersign.certificate.age', {
    description: "How long before an allowed call its caller's certificate began to be valid.",
    unit: 's',
  })

  /** Ages are in milliseconds; a call by certificate alone has no token. */
  allowed(method: string, caller: string, certificateMs: number, tokenMs: number | undefined): void {
    if (!this.#isHeard) return
    this.#decisions.add(1, {
      'countersign.method': method,
      'countersign.outcome': 'allowed',
      'countersign.caller': caller,
    })
    this.#certificateAge.record(certificateMs / 1000)
    if (tokenMs !== undefined) this.#tokenAge.record(tokenMs / 1000)
  }

  /** @param caller the service at the other end, where it is known */
  refused(method: string, caller: string | undefined, reason: AuthErrorCode): void {
    this.#decisions.add(1, {
      'countersign.method': method,
      'countersign.outcome': 'refused',
      'countersign.reason': reason,
      ...(caller !== undefined && { 'countersign.caller': caller }),
    })
  }
}

/** Counts on which side of a call a token was known already. */
export function createLookupCounter(side: 'client' | 'server'): (isKnown: boolean) => void {
  const counter = meter().createCounter('countersign.token.lookups', {
    description: 'Tokens that calls needed or brought, by whether they were known already.',
    unit: '{token}',
  })
  const known: Attributes = { 'countersign.side': side, 'countersign.known': true }
  const unknown: Attributes = { 'countersign.side': side, 'countersign.known': false }
  return (isKnown) => counter.add(1, isKnown ? known : unknown)
}

/** Whether spans can be active at all: whether an SDK keeps contexts. */
export function areSpansKept(): boolean {
  const probe = createContextKey('countersign probe')
  return context.with(ROOT_CONTEXT.setValue(probe, true), () => context.active().getValue(probe) === true)
}

/** What a span says of a call. */
export interface CallAttributes {
  readonly outcome: 'allowed' | 'refused' | 'failed'
  /** The service at the other end, where it is known. */
  readonly caller: string | undefined
  /** On whose behalf it calls. */
  readonly subject?: string | undefined
  readonly tokenId?: string | undefined
  readonly reason?: AuthErrorCode
  /** Under which the log tells more. */
  readonly decisionId?: string
}

/** Says it of the span that is active, if there is one. */
export function describeSpan(describe: () => CallAttributes): void {
  const span = trace.getActiveSpan()
  if (span === undefined) return
  const { outcome, caller, subject, tokenId, reason, decisionId } = describe()
  const attributes: Attributes = {
    'countersign.outcome': outcome,
    'countersign.caller': caller,
    'countersign.subject': subject,
    'countersign.token_id': tokenId,
    'countersign.reason': reason,
    'countersign.decision_id': decisionId,
  }
  span.setAttributes(attributes)
}

/** Runs `act` as part of no span: what it does belongs to another than that which happens to be active. */
export function outsideSpans(act: () => void): void {
  context.with(ROOT_CONTEXT, act)
}
