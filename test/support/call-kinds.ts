/**
 * The four kinds of call, each made and answered in the same way, so that one loop tests a behaviour for all of them.
 *
 *     for (const kind of CALL_KINDS) {
 *       expect(await callKind(client, kind, { metadata }), kind).toMatchObject({ status: 'OK' })
 *     }
 */

import { Readable, Writable } from 'node:stream'
import { type CallOptions, type Client, Metadata, type MethodDefinition, type StatusObject } from '@grpc/grpc-js'
import type { ClientCallOptions } from '../../src/interceptor/call-options.ts'
import type { RequestCall, RequestStreamCall, ServiceClient } from '../../src/interceptor/service-types.ts'
import { type Ending, endingOf } from './plain-client.ts'
import { type Order, plainHandlers, type Receipt, Warehouse, type WarehouseHandlers } from './warehouse.ts'

export const CALL_KINDS = ['unary', 'client stream', 'server stream', 'bidi'] as const
export type CallKind = (typeof CALL_KINDS)[number]

/** The warehouse's methods whose rules demand a token, one of each kind. */
export const TOKEN_METHODS = {
  unary: 'Pick',
  'client stream': 'Store',
  'server stream': 'Follow',
  bidi: 'Exchange',
} as const satisfies Record<CallKind, string>

/** The scope that each of them demands. */
export const SCOPES: Readonly<Record<CallKind, string>> = {
  unary: 'warehouse.pick',
  'client stream': 'warehouse.store',
  'server stream': 'warehouse.follow',
  bidi: 'warehouse.exchange',
}

/** The warehouse's methods whose rules demand a certificate only, one of each kind. */
export const CERTIFICATE_METHODS = {
  unary: 'Count',
  'client stream': 'CountAll',
  'server stream': 'CountOn',
  bidi: 'CountAlong',
} as const satisfies Record<CallKind, string>

export type MethodsByKind = typeof TOKEN_METHODS | typeof CERTIFICATE_METHODS

/** `/warehouse.v1.Warehouse/Pick` and so on. */
export function pathOf(kind: CallKind, methods: MethodsByKind = TOKEN_METHODS): string {
  return Warehouse.service[methods[kind]].path
}

/** What a call came to. */
export interface Outcome extends Ending {
  readonly receipts: readonly Receipt[]
}

export interface KindCall {
  readonly methods?: MethodsByKind
  /** One; where requests are streamed, any number. */
  readonly requests?: readonly Order[]
  /** In the place of the warehouse's own, to send what that would not. */
  readonly method?: MethodDefinition<Order, Receipt>
  /** Leaves a stream of requests open. */
  readonly isUnfinished?: boolean
  readonly metadata?: Metadata
  readonly options?: CallOptions
}

export interface StartedCall {
  readonly outcome: Promise<Outcome>
  /** The receipts so far. */
  readonly receipts: readonly Receipt[]
  /** The first receipt has come; never, where a call has only one. */
  readonly flowing: Promise<void>
  /** Sends one more of a stream of requests that is unfinished. */
  send(request: Order): void
  /** Stops to take receipts, and takes them again. */
  pause(): void
  resume(): void
  cancel(): void
}

/** Makes a call of any kind with a client of stock grpc-js, and waits for its end. */
export function callKind(client: Client, kind: CallKind, call: KindCall = {}): Promise<Outcome> {
  return startKind(client, kind, call).outcome
}

/** The same for a call that is watched, or cancelled on its way. */
export function startKind(client: Client, kind: CallKind, call: KindCall = {}): StartedCall {
  const { methods = TOKEN_METHODS, requests = [{ sku: 'tea' }], metadata = new Metadata() } = call
  const { path, requestSerialize, responseDeserialize } = call.method ?? Warehouse.service[methods[kind]]
  const options = { deadline: Date.now() + 15_000, ...call.options }
  const wire = [path, requestSerialize, responseDeserialize] as const
  const receipts: Receipt[] = []
  const keep = (_: unknown, receipt?: Receipt) => {
    if (receipt !== undefined) receipts.push(receipt)
  }

  const started = {
    unary: () => client.makeUnaryRequest<Order, Receipt>(...wire, requests[0] ?? {}, metadata, options, keep),
    'client stream': () => client.makeClientStreamRequest<Order, Receipt>(...wire, metadata, options, keep),
    'server stream': () =>
      client.makeServerStreamRequest<Order, Receipt>(...wire, requests[0] ?? {}, metadata, options),
    bidi: () => client.makeBidiStreamRequest<Order, Receipt>(...wire, metadata, options),
  }[kind]()

  started.on('error', () => {}) // the status says the same
  const outcome = new Promise<Outcome>((resolve) => {
    started.on('status', (status: StatusObject) => resolve({ ...endingOf(status), receipts }))
  })
  const flowing = new Promise<void>((resolve) => started.once('data', () => resolve()))
  started.on('data', (receipt: Receipt) => receipts.push(receipt))
  if (started instanceof Writable) {
    for (const request of requests) started.write(request)
    if (!call.isUnfinished) started.end()
  }
  return {
    outcome,
    receipts,
    flowing,
    send: (request) => void (started instanceof Writable && started.write(request)),
    pause: () => void (started instanceof Readable && started.pause()),
    resume: () => void (started instanceof Readable && started.resume()),
    cancel: () => started.cancel(),
  }
}

/** A client that Countersign makes of the warehouse. */
export type WarehouseServiceClient = ServiceClient<typeof Warehouse, ClientCallOptions>

export interface OurCall extends ClientCallOptions {
  readonly methods?: MethodsByKind
  /** One; where requests are streamed, any number. */
  readonly requests?: Iterable<Order> | AsyncIterable<Order>
  /** Told of each receipt where they are streamed. */
  readonly onReceipt?: (receipt: Receipt) => void
}

/** Makes a call of any kind with a client of ours: resolves to all receipts, or rejects as the call does. */
export async function callOurs(
  client: WarehouseServiceClient,
  kind: CallKind,
  call: OurCall = {},
): Promise<readonly Receipt[]> {
  const { methods = TOKEN_METHODS, requests = [{ sku: 'tea' }], onReceipt, ...options } = call
  const isToken = methods === TOKEN_METHODS
  switch (kind) {
    case 'unary':
      return [await client[isToken ? 'pick' : 'count'](await firstOf(requests), options)]
    case 'client stream':
      return [await client[isToken ? 'store' : 'countAll'](requests, options)]
    case 'server stream':
      return readAll(client[isToken ? 'follow' : 'countOn'](await firstOf(requests), options), onReceipt)
    case 'bidi':
      return readAll(client[isToken ? 'exchange' : 'countAlong'](requests, options), onReceipt)
  }
}

async function firstOf(requests: Iterable<Order> | AsyncIterable<Order>): Promise<Order> {
  for await (const request of requests) return request
  return {}
}

async function readAll(stream: AsyncIterable<Receipt>, onReceipt?: (receipt: Receipt) => void): Promise<Receipt[]> {
  const receipts: Receipt[] = []
  for await (const receipt of stream) {
    receipts.push(receipt)
    onReceipt?.(receipt)
  }
  return receipts
}

/** A call as a handler that serves all kinds receives it. */
export interface ReceivedKind {
  readonly kind: CallKind
  readonly call: RequestCall<Order> | RequestStreamCall<Order>
  readonly cancelled: AbortSignal
  /** The requests: one, or a stream. */
  readonly requests: AsyncIterable<Order>
}

type KindHandler = (received: ReceivedKind) => AsyncIterable<Receipt>

/**
 * Handlers of which one function serves every kind, under the rules of either table: it reads requests as far as it
 * likes, and yields receipts. Where there is one response, the last that it yields is sent at its end.
 */
export function handlersOfAllKinds(handle: KindHandler): WarehouseHandlers {
  const unary: WarehouseHandlers['pick'] = (call, cancelled) =>
    lastOf(handle({ kind: 'unary', call, cancelled, requests: requestOf(call) }))
  const clientStream: WarehouseHandlers['store'] = (call, cancelled) =>
    lastOf(handle({ kind: 'client stream', call, cancelled, requests: call }))
  const serverStream: WarehouseHandlers['follow'] = (call, cancelled) =>
    handle({ kind: 'server stream', call, cancelled, requests: requestOf(call) })
  const bidi: WarehouseHandlers['exchange'] = (call, cancelled) =>
    handle({ kind: 'bidi', call, cancelled, requests: call })
  return {
    ...plainHandlers,
    pick: unary,
    store: clientStream,
    follow: serverStream,
    exchange: bidi,
    count: unary,
    countAll: clientStream,
    countOn: serverStream,
    countAlong: bidi,
  }
}

async function* requestOf({ request }: RequestCall<Order>): AsyncGenerator<Order> {
  yield request
}

async function lastOf(receipts: AsyncIterable<Receipt>): Promise<Receipt> {
  let last: Receipt = {}
  for await (const receipt of receipts) last = receipt
  return last
}
