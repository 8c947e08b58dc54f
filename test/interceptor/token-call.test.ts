import { EventEmitter } from 'node:events'
import {
  type CallOptions,
  Client,
  credentials,
  InterceptingCall,
  type InterceptingListener,
  type Interceptor,
  type InterceptorOptions,
  ListenerBuilder,
  Metadata,
  type NextCall,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type StatusObject,
  status,
} from '@grpc/grpc-js'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { IssuedToken } from '../../src/client/authority-client.ts'
import { createTokenSource } from '../../src/client/token-source.ts'
import { parseAddress } from '../../src/core/address.ts'
import { AuthError, type AuthErrorCode } from '../../src/core/errors.ts'
import type { Logger } from '../../src/core/logger.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { clientInterceptor } from '../../src/interceptor/client.ts'
import { adaptService } from '../../src/interceptor/handler.ts'
import { TokenCall } from '../../src/interceptor/token-call.ts'
import type { TokenRequest, TokenSource } from '../../src/token/token-source.ts'
import { type MeshChannel, openChannel } from '../../src/transport/channel.ts'
import { PendingToken } from '../../src/transport/pending-token.ts'
import { rulesOf } from '../../src/transport/protos.ts'
import { encodeRefusal } from '../../src/transport/status.ts'
import { TOKEN_KEY } from '../../src/transport/token-metadata.ts'
import { TrustState } from '../../src/trust/trust-state.ts'
import {
  CALL_KINDS,
  type CallKind,
  CERTIFICATE_METHODS,
  callKind,
  handlersOfAllKinds,
  startKind,
  TOKEN_METHODS,
} from '../support/call-kinds.ts'
import { type CapturingLogger, capturingLogger } from '../support/log.ts'
import { createTestCa } from '../support/pki.ts'
import { endingOf } from '../support/plain-client.ts'
import { unhandledDuring } from '../support/unhandled.ts'
import { type Order, Warehouse } from '../support/warehouse.ts'

const STREAMS = ['client stream', 'bidi'] as const satisfies readonly CallKind[]
const pki = createTestCa()
const credential = pki.credential('orders')
const warehouse = parseServiceId('spiffe://shop.internal/warehouse')
const rules = rulesOf(Warehouse.service)

/** What reached the server, attempt by attempt, and what of it reached a handler. */
let attempts: { readonly token: string | undefined; readonly requestId: string | undefined }[]
let handled: string[]
/** How the server answers a token before it reads anything else; tokens that are not here are let through. */
let verdicts: Map<string | undefined, AuthError>
/** The server answers an attempt once this has come. */
let open: Promise<unknown>
/** How a handler refuses, once it has read its requests. */
let misgiving: AuthError | undefined
/** How calls ended, as an interceptor around ours sees it. */
let statuses: string[]
let issued: TokenRequest[]
let issue: (request: TokenRequest) => Promise<IssuedToken>
let log: CapturingLogger

beforeEach(() => {
  attempts = []
  handled = []
  verdicts = new Map([['token-1', new AuthError('TOKEN_INVALID', 'The token is not valid here.')]])
  misgiving = undefined
  open = Promise.resolve()
  statuses = []
  issued = []
  issue = issueAtOnce
  log = capturingLogger()
})

async function issueAtOnce(request: TokenRequest): Promise<IssuedToken> {
  const token = `token-${issued.push(request)}`
  return { token, lifetimeMs: 300_000, expiresAt: Date.now() + 300_000 }
}

/** Has the server keep its answers until the test lets them go. */
function holdAnswers(): () => void {
  let release = () => {}
  open = new Promise<void>((resolve) => {
    release = resolve
  })
  return () => release()
}

const guard: ServerInterceptor = (_, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata: async (metadata, pass) => {
          const token = metadata.get(TOKEN_KEY)[0]?.toString()
          attempts.push({ token, requestId: metadata.get('x-request-id')[0]?.toString() })
          await open
          const refusal = verdicts.get(token)
          if (refusal === undefined) pass(metadata)
          else call.sendStatus(encodeRefusal(refusal, `decision-${attempts.length}`, 'admission'))
        },
      }),
  })

const server = new Server({ interceptors: [guard] })
let port: number

beforeAll(async () => {
  const handlers = handlersOfAllKinds(async function* ({ requests }) {
    const skus: (string | undefined)[] = []
    for await (const { sku } of requests) skus.push(sku)
    handled.push(skus.join(' '))
    if (misgiving !== undefined) throw misgiving
    yield { note: skus.join(' ') }
  })
  const { definition, implementation } = adaptService(Warehouse.service, handlers, capturingLogger())
  server.addService(definition, implementation)
  const { certificateChain, privateKey, bundle } = pki.credential('warehouse')
  const pair = { cert_chain: Buffer.from(certificateChain), private_key: Buffer.from(encodePrivateKey(privateKey)) }
  const tls = ServerCredentials.createSsl(Buffer.from(bundle), [pair], true)
  port = await new Promise((resolve, reject) =>
    server.bindAsync('localhost:0', tls, (error, bound) => (error ? reject(error) : resolve(bound))),
  )
})
afterAll(() => server.forceShutdown())

const countStatuses: Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start: (metadata, _, next) => {
      const listener = new ListenerBuilder().withOnReceiveStatus((ending, pass) => {
        statuses.push(status[ending.code])
        pass(ending)
      })
      next(metadata, listener.build())
    },
  })

interface Parts {
  readonly tokens?: TokenSource
  readonly logger?: Logger
  readonly inner?: readonly Interceptor[]
}

function connect({ tokens, logger = log, inner = [] }: Parts = {}): { client: Client; channel: MeshChannel } {
  const source = createTokenSource({
    issue: (request) => issue(request),
    trust: new TrustState({ credential }),
    logger: log,
  })
  const address = parseAddress(`localhost:${port}`)
  const channel = openChannel({ address, server: warehouse, credential, tokens: tokens ?? source })
  const interceptors = [countStatuses, clientInterceptor((method) => rules.ruleOf(method), logger), ...inner]
  const client = new Client(channel.getTarget(), credentials.createSsl(), { channelOverride: channel, interceptors })
  onTestFinished(() => channel.close())
  return { client, channel }
}

const orders = (...skus: string[]): Order[] => skus.map((sku) => ({ sku }))
const isStream = (kind: CallKind) => kind === 'client stream' || kind === 'bidi'
const requestsOf = (kind: CallKind): Order[] => (isStream(kind) ? orders('tea', 'cups', 'pots') : orders('tea'))
const handledOf = (kind: CallKind): string[] => [isStream(kind) ? 'tea cups pots' : 'tea']
const tokensOf = () => attempts.map(({ token }) => token)

const HELPED: readonly AuthErrorCode[] = [
  'CREDENTIALS_MISSING',
  'TOKEN_BINDING_MISMATCH',
  'TOKEN_EXPIRED',
  'TOKEN_INVALID',
  'TOKEN_REVOKED',
]
const NOT_HELPED: readonly AuthErrorCode[] = [
  'AUTHORITY_UNAVAILABLE',
  'CALLER_NOT_ALLOWED',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_REQUEST_INVALID',
  'CREDENTIALS_MALFORMED',
  'GRANT_DENIED',
  'INTERNAL',
  'METHOD_NOT_DECLARED',
  'RATE_LIMITED',
  'REQUEST_INVALID',
  'STORE_UNAVAILABLE',
  'TOKEN_AUDIENCE_MISMATCH',
  'TOKEN_NOT_YET_VALID',
  'TOKEN_SCOPE_INSUFFICIENT',
  'TRANSPORT_NOT_AUTHENTICATED',
  'VERIFIER_NOT_READY',
]

describe.each(CALL_KINDS)('a %s call whose token is refused', (kind) => {
  test.each(HELPED)('for %s is made again with another, and is handled once', async (code) => {
    verdicts.set('token-1', new AuthError(code, 'Not this one.'))
    const outcome = await callKind(connect().client, kind, { requests: requestsOf(kind) })
    expect(outcome).toMatchObject({ status: 'OK', receipts: [{ note: handledOf(kind)[0] }] })
    expect(tokensOf()).toEqual(['token-1', 'token-2'])
    expect(handled).toEqual(handledOf(kind))
    expect(statuses).toEqual(['OK'])
    const fields = { method: expect.stringMatching(/^\/warehouse/), code, decisionId: 'decision-1' }
    expect(log.lines).toEqual([{ level: 'info', message: 'token refused, asking for another', fields }])
  })

  test('for any other reason stays refused', async () => {
    const { client } = connect()
    for (const code of NOT_HELPED) {
      attempts = []
      verdicts.set('token-1', new AuthError(code, 'No.'))
      expect.soft(await callKind(client, kind), code).toMatchObject({ reason: code, details: 'No.' })
      expect.soft(tokensOf(), code).toEqual(['token-1'])
    }
    expect(handled).toEqual([])
    expect(issued).toHaveLength(1)
  })

  test('by its own handler is not made again: that has run', async () => {
    verdicts.clear()
    const { client } = connect()
    for (const code of HELPED) {
      handled = []
      misgiving = new AuthError(code, 'Not for this.', { details: { stage: 'admission' } })
      expect(await callKind(client, kind, { requests: requestsOf(kind) }), code).toMatchObject({ reason: code })
      expect(handled, code).toEqual(handledOf(kind))
    }
  })

  test('twice stays refused, with the second reason', async () => {
    verdicts.set('token-2', new AuthError('TOKEN_EXPIRED', 'Too old.'))
    const outcome = await callKind(connect().client, kind, { requests: requestsOf(kind) })
    expect(outcome).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED', decisionId: 'decision-2' })
    expect(tokensOf()).toEqual(['token-1', 'token-2'])
    expect(handled).toEqual([])
    expect(statuses).toEqual(['UNAUTHENTICATED'])
  })

  test('stays refused where the source has no other, with everything that the server said', async () => {
    const refusal = new AuthError('TOKEN_EXPIRED', 'Too old.', { details: { serverTime: 'noon' } })
    verdicts.set('mine', refusal)
    for (const tokens of [() => 'mine', async () => 'mine']) {
      attempts = []
      const outcome = await callKind(connect({ tokens }).client, kind)
      expect(outcome).toMatchObject({ reason: 'TOKEN_EXPIRED', details: 'Too old.', decisionId: 'decision-1' })
      expect(tokensOf()).toEqual(['mine'])
    }
    expect(statuses).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED'])
  })

  test('ends with the reason of the authority where that gives no other', async () => {
    const refusals = [new AuthError('AUTHORITY_UNAVAILABLE', 'Away.'), new AuthError('GRANT_DENIED', 'No more.')]
    for (const refusal of refusals) {
      attempts = []
      issued = []
      const { client } = connect()
      issue = async (request) => {
        if (issued.length > 0) throw refusal
        return issueAtOnce(request)
      }
      expect(await callKind(client, kind)).toMatchObject({ reason: refusal.code, details: refusal.message })
      expect(tokensOf()).toEqual(['token-1'])
    }
    expect(statuses).toEqual(['UNAVAILABLE', 'PERMISSION_DENIED'])
    expect(handled).toEqual([])
  })

  test('is not made again where it was cancelled meanwhile', async () => {
    const release = holdAnswers()
    const started = startKind(connect().client, kind, { requests: requestsOf(kind) })
    await vi.waitUntil(() => attempts.length === 1)
    started.cancel()
    expect(await started.outcome).toMatchObject({ status: 'CANCELLED' })
    release()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(tokensOf()).toEqual(['token-1'])
    expect(issued).toHaveLength(1)
    expect(statuses).toEqual(['CANCELLED'])
  })

  test('ends once where it is cancelled while another token is fetched', async () => {
    const { client, fetching, release } = slowRefresh()
    const started = startKind(client, kind, { requests: requestsOf(kind) })
    await fetching
    started.cancel()
    expect(await started.outcome).toMatchObject({ status: 'CANCELLED', reason: undefined })
    release()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(tokensOf()).toEqual(['token-1'])
    expect(statuses).toEqual(['CANCELLED'])
  })

  test('ends at its deadline while another token is fetched', async () => {
    const { client, release } = slowRefresh()
    await callKind(client, kind, { methods: CERTIFICATE_METHODS }) // connects
    attempts = []
    const start = Date.now()
    const outcome = await callKind(client, kind, { requests: requestsOf(kind), options: { deadline: start + 250 } })
    expect(outcome).toMatchObject({ status: 'DEADLINE_EXCEEDED', reason: undefined })
    expect(Date.now() - start).toBeLessThan(2_000)
    release()
    expect(tokensOf()).toEqual(['token-1'])
  })

  /** A client whose second token comes when the test says so. */
  function slowRefresh() {
    let release = () => {}
    const wait = new Promise<void>((resolve) => {
      release = resolve
    })
    const { client } = connect()
    const fetching = new Promise<void>((resolve) => {
      issue = async (request) => {
        if (issued.length === 1) {
          resolve()
          await wait
        }
        return issueAtOnce(request)
      }
    })
    return { client, fetching, release }
  }

  test('is not made again for a caller of its own that has gone', async () => {
    const parent = Object.assign(new EventEmitter(), { cancelled: true, getDeadline: () => Infinity })
    const options = { parent } as object as CallOptions
    expect(await callKind(connect().client, kind, { options })).toMatchObject({ reason: 'TOKEN_INVALID' })
    expect(tokensOf()).toEqual(['token-1'])
  })

  test('ends with that refusal where its channel has been closed meanwhile', async () => {
    const release = holdAnswers()
    const { client, channel } = connect()
    const unhandled = await unhandledDuring(async () => {
      const { outcome } = startKind(client, kind, { requests: requestsOf(kind) })
      await vi.waitUntil(() => attempts.length === 1)
      channel.close()
      release()
      expect(await outcome).toMatchObject({ reason: 'TOKEN_INVALID', decisionId: 'decision-1' })
    })
    expect(unhandled).toEqual([])
    expect(statuses).toEqual(['UNAUTHENTICATED'])
  })

  test('ends where the logger fails', async () => {
    const fail = () => {
      throw new Error('full disk')
    }
    const logger = { ...log, info: fail, warn: fail }
    const unhandled = await unhandledDuring(async () => {
      expect(await callKind(connect({ logger }).client, kind)).toMatchObject({ reason: 'TOKEN_INVALID' })
      issue = async () => {
        throw new AuthError('GRANT_DENIED', 'No grant.')
      }
      expect(await callKind(connect({ logger }).client, kind)).toMatchObject({ reason: 'GRANT_DENIED' })
    })
    expect(unhandled).toEqual([])
  })

  test('brings nothing that an interceptor nearer to the channel has added to another call', async () => {
    const hops: number[] = []
    const hop: Interceptor = (options, nextCall) =>
      new InterceptingCall(nextCall(options), {
        start: (metadata, listener, next) => {
          metadata.add('x-hop', 'one')
          hops.push(metadata.get('x-hop').length)
          next(metadata, listener)
        },
      })
    verdicts.set('token-3', new AuthError('TOKEN_INVALID', 'The token is not valid here.'))
    for (let call = 0; call < 2; call += 1) await callKind(connect({ inner: [hop] }).client, kind)
    expect(tokensOf()).toEqual(['token-1', 'token-2', 'token-3', 'token-4'])
    expect(hops).toEqual([1, 1, 1, 1])
  })

  test('brings the metadata that it began with', async () => {
    const metadata = new Metadata()
    metadata.set('x-request-id', 'one')
    const { outcome } = startKind(connect().client, kind, { metadata, requests: requestsOf(kind) })
    metadata.set('x-request-id', 'two')
    await outcome
    expect(attempts.map(({ requestId }) => requestId)).toEqual(['one', 'one'])
  })

  test('is made again through the interceptors that are nearer to the channel', async () => {
    let passed = 0
    const count: Interceptor = (options, nextCall) => {
      passed += 1
      return new InterceptingCall(nextCall(options))
    }
    const { client } = connect({ inner: [count] })
    expect(await callKind(client, kind, { requests: requestsOf(kind) })).toMatchObject({ status: 'OK' })
    expect(passed).toBe(2)
    expect(handled).toEqual(handledOf(kind))
  })
})

describe.each(CALL_KINDS)('a %s call under a certificate rule', (kind) => {
  const methods = CERTIFICATE_METHODS

  test('brings a token where the server, whose rule is newer, misses one', async () => {
    verdicts.set(undefined, new AuthError('CREDENTIALS_MISSING', 'The call carries no token.'))
    verdicts.delete('token-1')
    const outcome = await callKind(connect().client, kind, { methods, requests: requestsOf(kind) })
    expect(outcome).toMatchObject({ status: 'OK' })
    expect(tokensOf()).toEqual([undefined, 'token-1'])
    expect(handled).toEqual(handledOf(kind))
  })

  test('asks for no token otherwise', async () => {
    expect(await callKind(connect().client, kind, { methods, requests: requestsOf(kind) })).toMatchObject({
      status: 'OK',
    })
    verdicts.set(undefined, new AuthError('CALLER_NOT_ALLOWED', 'No.'))
    expect(await callKind(connect().client, kind, { methods })).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' })
    expect(issued).toEqual([])
  })
})

describe('a call that was answered in part', () => {
  const refusal = () => encodeRefusal(new AuthError('TOKEN_INVALID', 'Too late.'), 'decision', 'admission')
  const { unary, ...others } = {
    unary: Warehouse.service.Pick,
    'client stream': Warehouse.service.Store,
    'server stream': Warehouse.service.Follow,
    bidi: Warehouse.service.Exchange,
  }

  test.each(CALL_KINDS)('is not made again: %s', async (kind) => {
    let calls = 0
    const late = new Server()
    const answer = (call: ServerAnswer, callback?: (error: object) => void) => {
      calls += 1
      call.sendMetadata(new Metadata())
      if (callback === undefined) call.emit('error', refusal())
      else callback(refusal())
    }
    late.addService(
      { unary, ...others },
      { unary: answer, 'client stream': answer, 'server stream': answer, bidi: answer },
    )
    const outcome = await callKind(await connectTo(late), kind)
    expect(outcome).toMatchObject({ reason: 'TOKEN_INVALID', details: 'Too late.' })
    expect(calls).toBe(1)
    expect(issued).toHaveLength(1)
  })

  test.each(['server stream', 'bidi'] as const)('is not made again after a message: %s', async (kind) => {
    let calls = 0
    const late = new Server()
    const answer = async (call: ServerAnswer) => {
      calls += 1
      call.write({ note: 'first' })
      await new Promise((resolve) => setTimeout(resolve, 20))
      call.emit('error', refusal())
    }
    late.addService(others, { 'client stream': () => {}, 'server stream': answer, bidi: answer })
    const outcome = await callKind(await connectTo(late), kind)
    expect(outcome).toMatchObject({ reason: 'TOKEN_INVALID', receipts: [{ note: 'first' }] })
    expect(calls).toBe(1)
  })

  interface ServerAnswer extends EventEmitter {
    sendMetadata(metadata: Metadata): void
    write(message: object): void
  }

  async function connectTo(late: Server): Promise<Client> {
    const { certificateChain, privateKey, bundle } = pki.credential('warehouse')
    const pair = { cert_chain: Buffer.from(certificateChain), private_key: Buffer.from(encodePrivateKey(privateKey)) }
    const tls = ServerCredentials.createSsl(Buffer.from(bundle), [pair], true)
    const bound = await new Promise<number>((resolve) => late.bindAsync('localhost:0', tls, (_, at) => resolve(at)))
    onTestFinished(() => late.forceShutdown())
    const tokens = createTokenSource({ issue: issueAtOnce, trust: new TrustState({ credential }), logger: log })
    const channel = openChannel({ address: { host: 'localhost', port: bound }, server: warehouse, credential, tokens })
    onTestFinished(() => channel.close())
    const interceptors = [clientInterceptor((method) => rules.ruleOf(method), log)]
    return new Client(channel.getTarget(), credentials.createSsl(), { channelOverride: channel, interceptors })
  }
})

describe.each(STREAMS)('a %s of requests', (kind) => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `${index}`)

  /** A call that the test sends itself, and what it hears of it. */
  function openStream() {
    const { client } = connect()
    const { path, requestSerialize, responseDeserialize } = Warehouse.service[TOKEN_METHODS[kind]]
    const method = [path, requestSerialize, responseDeserialize, new Metadata()] as const
    const call =
      kind === 'bidi' ? client.makeBidiStreamRequest(...method) : client.makeClientStreamRequest(...method, () => {})
    const taken: string[] = []
    const errors: unknown[] = []
    call.on('error', (error) => errors.push(error)).on('data', () => {})
    const outcome = new Promise<StatusObject>((resolve) => call.once('status', resolve)).then(endingOf)
    const send = (sku: string) => void call.write({ sku }, () => taken.push(sku))
    return { send, end: () => call.end(), outcome, taken, errors }
  }

  test('is sent again in its order where it is of up to 64', async () => {
    const release = holdAnswers()
    const { send, end, outcome } = openStream()
    for (const sku of many(64)) send(sku)
    end()
    await vi.waitUntil(() => attempts.length === 1)
    release()
    expect(await outcome).toMatchObject({ status: 'OK' })
    expect(handled).toEqual([many(64).join(' ')])
    expect(tokensOf()).toEqual(['token-1', 'token-2'])
  })

  test('is not sent again where it is of more', async () => {
    const release = holdAnswers()
    const { send, end, outcome, taken } = openStream()
    for (const sku of many(65)) send(sku)
    end()
    await vi.waitUntil(() => attempts.length === 1 && taken.length === 65)
    release()
    expect(await outcome).toMatchObject({ reason: 'TOKEN_INVALID', decisionId: 'decision-1' })
    expect(tokensOf()).toEqual(['token-1'])
    expect(handled).toEqual([])
  })

  test('goes on while and after it is sent again, and tells of each request once', async () => {
    const release = holdAnswers()
    const { send, end, outcome, taken, errors } = openStream()
    for (const sku of many(40)) send(sku)
    await vi.waitUntil(() => attempts.length === 1)
    release()
    while (attempts.length < 2) {
      send('meanwhile')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    for (const sku of many(100)) send(sku)
    await vi.waitUntil(() => taken.length > 140)
    expect(handled).toEqual([])
    send('last')
    end()
    expect(await outcome).toMatchObject({ status: 'OK' })
    expect(handled).toEqual([taken.join(' ')])
    expect(taken.filter((sku) => sku !== 'meanwhile')).toEqual([...many(40), ...many(100), 'last'])
    expect(errors).toEqual([])
  })
})

describe('a call whose attempts a test plays', () => {
  const refusal = encodeRefusal(new AuthError('TOKEN_EXPIRED', 'Too old.'), 'decision', 'admission')
  const ok: StatusObject = { code: status.OK, details: '', metadata: new Metadata() }

  interface PlayedAttempt {
    readonly listener: Partial<InterceptingListener>
    readonly sent: string[]
    /** Says of each request that the transport has taken it. */
    readonly take: (() => void)[]
  }

  /** A started call, its attempts, and what its caller hears. */
  function play() {
    const attempts: PlayedAttempt[] = []
    const nextCall: NextCall = () => {
      const sent: string[] = []
      const take: (() => void)[] = []
      attempts.push({ listener: {}, sent, take })
      return {
        start: (_, listener = {}) => void attempts.splice(-1, 1, { listener, sent, take }),
        sendMessageWithContext: ({ callback }, message) => {
          sent.push(message)
          take.push(() => callback?.())
        },
        sendMessage: (message) => sent.push(message),
        halfClose: () => sent.push('half-close'),
        startRead: () => sent.push('read'),
        cancelWithStatus: () => sent.push('cancel'),
        getPeer: () => `peer ${attempts.length}`,
        getAuthContext: () => ({ transportSecurityType: `tls ${attempts.length}` }),
      }
    }
    const options = { method_definition: { ...Warehouse.service.Exchange } } as object as InterceptorOptions
    const call = new TokenCall({ options, nextCall, token: new PendingToken([]), isTokenDue: true, logger: log })
    const heard: unknown[] = []
    call.start(new Metadata(), {
      onReceiveMetadata: () => heard.push('metadata'),
      onReceiveMessage: (message) => heard.push(message),
      onReceiveStatus: ({ code }) => heard.push(status[code]),
    })
    return { call, heard, attempts }
  }

  test('repeats what was sent, and passes on what is its own', () => {
    const { call, attempts, heard } = play()
    call.sendMessage('tea')
    call.startRead()
    call.halfClose()
    expect(call.getPeer()).toBe('peer 1')
    attempts[0]?.listener.onReceiveStatus?.(refusal)
    expect(attempts.map(({ sent }) => sent)).toEqual([
      ['tea', 'read', 'half-close'],
      ['read', 'tea'],
    ])
    expect(call.getPeer()).toBe('peer 2')
    expect(call.getAuthContext()).toEqual({ transportSecurityType: 'tls 2' })
    call.cancelWithStatus(status.CANCELLED, 'enough')
    expect(attempts.map(({ sent }) => sent.at(-1))).toEqual(['half-close', 'cancel'])
    expect(heard).toEqual([])
  })

  test('sends one request after the other as it is repeated, then what came meanwhile, then its end', () => {
    const { call, attempts } = play()
    const told: string[] = []
    const send = (request: string) => call.sendMessageWithContext({ callback: () => told.push(request) }, request)
    send('1')
    send('2')
    attempts[0]?.take[0]?.()
    attempts[0]?.listener.onReceiveStatus?.(refusal)
    const [first, second] = attempts
    expect(second?.sent).toEqual(['1'])
    send('3')
    call.halfClose()
    expect(second?.sent).toEqual(['1'])
    second?.take[0]?.()
    second?.take[1]?.()
    expect(second?.sent).toEqual(['1', '2', '3'])
    expect(told).toEqual(['1', '2'])
    first?.take[1]?.() // late
    second?.take[2]?.()
    expect(told).toEqual(['1', '2', '3'])
    expect(second?.sent).toEqual(['1', '2', '3', 'half-close'])
    expect(first?.sent).toEqual(['1', '2'])
  })

  test('passes everything on once it has been repeated', () => {
    const { call, attempts } = play()
    call.sendMessage('1')
    attempts[0]?.listener.onReceiveStatus?.(refusal)
    attempts[1]?.take[0]?.()
    for (const request of ['2', '3']) call.sendMessage(request)
    call.halfClose()
    expect(attempts[1]?.sent).toEqual(['1', '2', '3', 'half-close'])
  })

  test('is not repeated once a message has come, were it before any metadata', () => {
    const { attempts, heard } = play()
    attempts[0]?.listener.onReceiveMessage?.('tea')
    attempts[0]?.listener.onReceiveStatus?.(refusal)
    expect(attempts).toHaveLength(1)
    expect(heard).toEqual(['tea', 'UNAUTHENTICATED'])
  })

  test('is not repeated where it is cancelled just before its refusal is heard', () => {
    const { call, attempts, heard } = play()
    call.cancelWithStatus(status.CANCELLED, 'enough')
    attempts[0]?.listener.onReceiveStatus?.(refusal)
    expect(attempts).toHaveLength(1)
    expect(heard).toEqual(['UNAUTHENTICATED'])
  })

  test('ends once', () => {
    const { attempts, heard } = play()
    attempts[0]?.listener.onReceiveStatus?.(refusal)
    for (const { listener } of attempts) listener.onReceiveStatus?.(ok)
    expect(heard).toEqual(['OK'])
  })

  test('says that there is no message when it ends, and not of the attempt that was refused', () => {
    const { attempts, heard } = play()
    attempts[0]?.listener.onReceiveMessage?.(null)
    attempts[0]?.listener.onReceiveStatus?.(refusal)
    expect(heard).toEqual([])
    attempts[1]?.listener.onReceiveMetadata?.(new Metadata())
    attempts[1]?.listener.onReceiveMessage?.(null)
    attempts[1]?.listener.onReceiveStatus?.(ok)
    expect(heard).toEqual(['metadata', null, 'OK'])
  })

  test('has listeners of one parameter: grpc-js tells two kinds of them apart by that', () => {
    const { attempts } = play()
    expect(attempts[0]?.listener.onReceiveMetadata).toHaveLength(1)
  })

  test('does without a listener', () => {
    const { call, attempts } = play()
    call.start(new Metadata())
    for (const listener of [attempts[0]?.listener]) {
      listener?.onReceiveMetadata?.(new Metadata())
      listener?.onReceiveMessage?.('tea')
      listener?.onReceiveStatus?.(ok)
    }
    expect(attempts).toHaveLength(1)
  })
})
