import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeSpan } from '../../src/core/telemetry.ts'
import { CALL_KINDS, callKind, callOurs, pathOf } from '../support/call-kinds.ts'
import { plainTls, startMesh, type TestMesh } from '../support/mesh.ts'
import { plainHandlers, Warehouse } from '../support/warehouse.ts'

const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA)
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
const orders = 'spiffe://shop.internal/orders'

let mesh: TestMesh

beforeAll(async () => {
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  mesh = await startMesh(plainHandlers)
})
afterAll(async () => {
  await mesh.close()
  metrics.disable()
})

interface Point {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly value: unknown
}

/** What was measured under a name since the last time; of histograms, their count and sum. */
async function measured(name: string): Promise<readonly Point[]> {
  const { scopeMetrics } = (await reader.collect()).resourceMetrics
  const found = scopeMetrics.flatMap((scope) => scope.metrics).find(({ descriptor }) => descriptor.name === name)
  return (found?.dataPoints ?? []).map(({ attributes, value }) => ({ attributes, value }))
}

describe('what is measured', () => {
  test('are decisions by method, outcome, reason and caller, for every kind of call', async () => {
    const workload = await mesh.join('orders')
    const client = workload.createClient(Warehouse, 'warehouse', mesh.address)
    const plain = new Warehouse(mesh.address, plainTls(mesh.pki.credential('orders')))
    await measured('')
    for (const kind of CALL_KINDS) {
      await callOurs(client, kind)
      await callOurs(client, kind)
      await callKind(plain, kind)
    }
    plain.close()

    const points = await measured('countersign.decisions')
    const mine = points.filter(({ attributes }) => String(attributes['countersign.method']).includes('warehouse'))
    expect(mine).toHaveLength(2 * CALL_KINDS.length)
    for (const kind of CALL_KINDS) {
      const common = { 'countersign.method': pathOf(kind), 'countersign.caller': orders }
      expect(mine).toContainEqual({ attributes: { ...common, 'countersign.outcome': 'allowed' }, value: 2 })
      const refused = { 'countersign.outcome': 'refused', 'countersign.reason': 'CREDENTIALS_MISSING' }
      expect(mine).toContainEqual({ attributes: { ...common, ...refused }, value: 1 })
    }
  })

  test('are tokens that were known already, and the ages of tokens and certificates', async () => {
    const client = (await mesh.join('orders')).createClient(Warehouse, 'warehouse', mesh.address)
    await client.pick({})
    await measured('')
    mesh.clock.advance(60_000)
    for (let call = 0; call < 3; call += 1) await client.pick({})
    const { scopeMetrics } = (await reader.collect()).resourceMetrics
    const points = new Map(
      scopeMetrics.flatMap((scope) => scope.metrics).map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]),
    )
    expect(points.get('countersign.token.lookups')).toContainEqual(
      expect.objectContaining({ attributes: { 'countersign.side': 'server', 'countersign.known': true }, value: 3 }),
    )
    expect(points.get('countersign.token.lookups')).toContainEqual(
      expect.objectContaining({ attributes: { 'countersign.side': 'client', 'countersign.known': true }, value: 3 }),
    )
    const agesOf = (name: string) => points.get(name)?.map(({ value }) => value as { count: number; min: number })
    expect(agesOf('countersign.token.age')).toMatchObject([{ count: 3, min: expect.closeTo(60.5, 0) }])
    expect(agesOf('countersign.certificate.age')).toMatchObject([{ count: 3 }])
    expect(agesOf('countersign.certificate.age')?.[0]?.min).toBeGreaterThan(60)
  })
})

describe('a span', () => {
  const spans = new InMemorySpanExporter()
  const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }).getTracer(
    'test',
  )

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  })
  afterAll(() => context.disable())

  test('that is active is told what was decided, and nothing else', () => {
    const span = tracer.startSpan('call')
    context.with(trace.setSpan(context.active(), span), () =>
      describeSpan(() => ({ outcome: 'refused', caller: orders, reason: 'TOKEN_EXPIRED', decisionId: 'decision' })),
    )
    span.end()
    expect(spans.getFinishedSpans().at(-1)?.attributes).toEqual({
      'countersign.outcome': 'refused',
      'countersign.caller': orders,
      'countersign.reason': 'TOKEN_EXPIRED',
      'countersign.decision_id': 'decision',
    })
  })

  test('need not be there', () => {
    expect(() => describeSpan(() => ({ outcome: 'allowed', caller: orders }))).not.toThrow()
  })
})
