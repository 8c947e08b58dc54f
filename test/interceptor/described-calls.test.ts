import { Metadata } from '@grpc/grpc-js'
import { context, type Span, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { rememberAdmission } from '../../src/interceptor/caller.ts'
import { describeCalls } from '../../src/interceptor/described-calls.ts'
import { refuse } from '../../src/interceptor/refuse.ts'
import { capturingLogger } from '../support/log.ts'
import { peer } from '../support/token.ts'

const spans = new InMemorySpanExporter()
const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }).getTracer('test')

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
})
afterAll(() => context.disable())

/** The attributes of a span that is active while `act` runs, as instrumentations have it around a handler. */
function attributesDuring(act: () => unknown) {
  const span: Span = tracer.startSpan('call')
  context.with(trace.setSpan(context.active(), span), act)
  span.end()
  return spans.getFinishedSpans().at(-1)?.attributes
}

function callFrom(subject = peer.serviceId): { readonly metadata: Metadata } {
  const metadata = new Metadata()
  const caller = { serviceId: peer.serviceId, subject, scopes: [], tokenId: 'token-id', peer }
  rememberAdmission(metadata, { caller, token: undefined })
  return { metadata }
}

test("a handler's span tells who calls, and holds no token", () => {
  const answers: unknown[] = []
  const { echo } = describeCalls({ echo: (...given: unknown[]) => answers.push(...given) })
  const call = callFrom()
  const attributes = attributesDuring(() => (echo as (...given: unknown[]) => unknown)(call, 'callback'))
  expect(attributes).toEqual({
    'countersign.outcome': 'allowed',
    'countersign.caller': peer.serviceId,
    'countersign.subject': peer.serviceId,
    'countersign.token_id': 'token-id',
  })
  expect(answers).toEqual([call, 'callback'])
})

test('a span tells why its call was refused, under the ID of the log', () => {
  const logger = capturingLogger()
  const fields = { method: '/a/b', caller: peer.serviceId }
  const attributes = attributesDuring(() => refuse(new AuthError('CALLER_NOT_ALLOWED', 'Not you.'), fields, logger))
  expect(attributes).toEqual({
    'countersign.outcome': 'refused',
    'countersign.caller': peer.serviceId,
    'countersign.reason': 'CALLER_NOT_ALLOWED',
    'countersign.decision_id': logger.lines[0]?.fields['decisionId'],
  })
})

test('without an SDK a handler stays as it is', () => {
  const implementation = { echo: () => {} }
  expect(describeCalls(implementation)).not.toBe(implementation)
  context.disable()
  expect(describeCalls(implementation)).toBe(implementation)
})
