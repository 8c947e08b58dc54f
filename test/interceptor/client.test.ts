import {
  CallCredentials,
  Client,
  type ClientOptions,
  credentials,
  type handleUnaryCall,
  type Interceptor,
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type StatusObject,
} from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createTokenSource } from '../../src/client/token-source.ts'
import { parseAddress } from '../../src/core/address.ts'
import { AuthError } from '../../src/core/errors.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { parseScope } from '../../src/core/scope.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { clientInterceptor } from '../../src/interceptor/client.ts'
import type { TokenRequest, TokenSource } from '../../src/token/token-source.ts'
import { openChannel } from '../../src/transport/channel.ts'
import { PendingToken } from '../../src/transport/pending-token.ts'
import { rulesOf } from '../../src/transport/protos.ts'
import { TOKEN_KEY } from '../../src/transport/token-metadata.ts'
import { TrustState } from '../../src/trust/trust-state.ts'
import { CALL_KINDS, CERTIFICATE_METHODS, startKind, TOKEN_METHODS } from '../support/call-kinds.ts'
import { plainTls } from '../support/mesh.ts'
import { createTestCa } from '../support/pki.ts'
import { type Ending, endingOf } from '../support/plain-client.ts'
import { unhandledDuring } from '../support/unhandled.ts'
import { type Order, type Receipt, Warehouse } from '../support/warehouse.ts'

const TOKEN = 'a-token-of-the-test'
const pki = createTestCa()
const credential = pki.credential('orders')
const warehouse = parseServiceId('spiffe://shop.internal/warehouse')
const rules = rulesOf(Warehouse.service)
const interceptors: Interceptor[] = [clientInterceptor((method) => rules.ruleOf(method))]

/** The metadata of every call that reached a stock server, over TLS and without. */
const received: string[] = []
const server = new Server()
const ports = { tls: 0, plain: 0 }

beforeAll(async () => {
  const answer: handleUnaryCall<Order, Receipt> = ({ metadata }, callback) => {
    received.push(JSON.stringify(metadata.getMap()))
    callback(null, {})
  }
  server.addService(Warehouse.service, {
    Pick: answer,
    Ship: answer,
    Count: answer,
    Follow: (stream: ServerWritableStream<Order, Receipt>) => stream.end(),
  })
  const { certificateChain, privateKey, bundle } = pki.credential('warehouse')
  const pair = { cert_chain: Buffer.from(certificateChain), private_key: Buffer.from(encodePrivateKey(privateKey)) }
  ports.tls = await bind(ServerCredentials.createSsl(Buffer.from(bundle), [pair], true))
  ports.plain = await bind(ServerCredentials.createInsecure())
})
afterAll(() => server.forceShutdown())

function bind(serverCredentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) =>
    server.bindAsync('localhost:0', serverCredentials, (error, port) => (error ? reject(error) : resolve(port))),
  )
}

interface Sent {
  readonly method?: 'Pick' | 'Count'
  readonly metadata?: Metadata
  readonly credentials?: CallCredentials
}

function call(client: Client, { method = 'Pick', metadata = new Metadata(), ...options }: Sent = {}): Promise<Ending> {
  const { path, requestSerialize, responseDeserialize } = Warehouse.service[method]
  const all = { deadline: Date.now() + 1_000, ...options }
  return new Promise<StatusObject>((resolve) =>
    client
      .makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, metadata, all, () => {})
      .on('status', resolve),
  ).then(endingOf)
}

/** A client over a channel of ours, and the tokens that it asked for. */
function ourClient(fetch: TokenSource = async () => TOKEN) {
  const requests: TokenRequest[] = []
  const channel = openChannel({
    address: parseAddress(`localhost:${ports.tls}`),
    server: warehouse,
    credential,
    tokens: (request) => {
      requests.push(request)
      return fetch(request)
    },
  })
  onTestFinished(() => channel.close())
  return { client: clientOver({ channelOverride: channel, interceptors }), requests }
}

function clientOver(options: ClientOptions, channel = credentials.createInsecure(), port = ports.tls): Client {
  const client = new Client(`localhost:${port}`, channel, options)
  onTestFinished(() => client.close())
  return client
}

describe('the client interceptor', () => {
  test('has a channel of ours attach the token that the call needs', async () => {
    received.length = 0
    const { client, requests } = ourClient()
    expect(await call(client)).toMatchObject({ status: 'OK' })
    expect(received).toEqual([expect.stringContaining(`"${TOKEN_KEY}":"${TOKEN}"`)])
    expect(requests).toEqual([{ audience: warehouse, scopes: [] }])
  })

  test('asks for the scopes that the call names', async () => {
    const { client, requests } = ourClient()
    await call(client, { credentials: new PendingToken([parseScope('warehouse.pick')]) })
    expect(requests.map(({ scopes }) => scopes)).toEqual([['warehouse.pick']])
  })

  test('takes one description for any number of calls, of which each has a token of its own', async () => {
    const { client } = ourClient(async ({ scopes }) => {
      await new Promise((resolve) => setTimeout(resolve, 10 * Math.random()))
      if (failures > 0) throw new AuthError('GRANT_DENIED', `denial ${failures--}`)
      return scopes.join()
    })
    let failures = 1
    const description = new PendingToken([parseScope('warehouse.pick')])
    const endings = await Promise.all([1, 2, 3].map(() => call(client, { credentials: description })))
    expect(endings.map(({ status }) => status).toSorted()).toEqual(['OK', 'OK', 'PERMISSION_DENIED'])
    expect(description.failure).toBeUndefined()
  })

  test('asks for none where the rule demands a certificate only', async () => {
    received.length = 0
    const { client, requests } = ourClient()
    expect(await call(client, { method: 'Count' })).toMatchObject({ status: 'OK' })
    expect(requests).toEqual([])
    expect(received.join()).not.toContain('authorization')
  })

  test('asks for none there even where the call names scopes', async () => {
    received.length = 0
    const { client, requests } = ourClient()
    const pending = new PendingToken([parseScope('warehouse.pick')])
    expect(await call(client, { method: 'Count', credentials: pending })).toMatchObject({ status: 'OK' })
    expect(requests).toEqual([])
    expect(received.join()).not.toContain('authorization')
  })

  test('fails a call over any other channel, and sends nothing', async () => {
    received.length = 0
    const withoutTokens = openChannel({
      address: parseAddress(`localhost:${ports.tls}`),
      server: warehouse,
      credential,
    })
    const others: Readonly<Record<string, Client>> = {
      'without TLS': clientOver({ interceptors }, credentials.createInsecure(), ports.plain),
      'of stock grpc-js': clientOver({ interceptors }, plainTls(credential)),
      'of ours that has no tokens': clientOver({ interceptors, channelOverride: withoutTokens }),
    }
    for (const [channel, client] of Object.entries(others)) {
      const unhandled = await unhandledDuring(async () => {
        expect.soft(await call(client), channel).toMatchObject({
          status: 'UNAUTHENTICATED',
          details: expect.stringContaining('only a channel made by Countersign'),
        })
      })
      expect.soft(unhandled, channel).toEqual([])
    }
    expect(received).toEqual([])
  })

  test('refuses credentials that a call brings itself', async () => {
    const { client } = ourClient()
    const own = CallCredentials.createFromMetadataGenerator((_, callback) => callback(null, new Metadata()))
    for (const given of [own, CallCredentials.createEmpty()]) {
      await expect(call(client, { credentials: given })).rejects.toThrow(TypeError)
    }
  })

  test('refuses a token that a call brings itself, in each kind of call and under each rule', async () => {
    received.length = 0
    const { client } = ourClient()
    for (const key of ['authorization', TOKEN_KEY]) {
      const metadata = new Metadata()
      metadata.set(key, 'Bearer of-another')
      for (const kind of CALL_KINDS) {
        for (const methods of [TOKEN_METHODS, CERTIFICATE_METHODS]) {
          expect(() => startKind(client, kind, { methods, metadata }), kind).toThrow(TypeError)
        }
      }
    }
    expect(received).toEqual([])
  })

  test('leaves the metadata of the call as it was', async () => {
    const { client } = ourClient()
    const metadata = new Metadata()
    metadata.set('x-request-id', 'one')
    await call(client, { metadata })
    expect(metadata.getMap()).toEqual({ 'x-request-id': 'one' })
  })

  test('ends a call for which no token could be had with the reason, and sends nothing', async () => {
    received.length = 0
    const refusals = [
      { thrown: new AuthError('GRANT_DENIED', 'No grant.'), status: 'PERMISSION_DENIED', reason: 'GRANT_DENIED' },
      { thrown: new AuthError('REQUEST_INVALID', 'No ID.'), status: 'INVALID_ARGUMENT', reason: 'REQUEST_INVALID' },
      { thrown: new AuthError('AUTHORITY_UNAVAILABLE', 'x'), status: 'UNAVAILABLE', reason: 'AUTHORITY_UNAVAILABLE' },
      { thrown: new Error('the secret of the source'), status: 'INTERNAL', reason: 'INTERNAL' },
    ]
    for (const { thrown, ...expected } of refusals) {
      const { client } = ourClient(() => Promise.reject(thrown))
      const ending = await call(client)
      expect(ending).toMatchObject(expected)
      expect(ending.details).not.toContain('secret')
    }
    expect(received).toEqual([])
  })

  test('ends a call whose source throws at once in the same way', async () => {
    const { client } = ourClient(() => {
      throw new AuthError('GRANT_DENIED', 'No grant.')
    })
    expect(await call(client)).toMatchObject({ reason: 'GRANT_DENIED' })
  })

  test('does not mix up the tokens of concurrent cold calls', async () => {
    received.length = 0
    const issue = async ({ scopes }: TokenRequest) => {
      await new Promise((resolve) => setTimeout(resolve, 30 * Math.random()))
      return { token: `for-${scopes.join('+')}`, expiresAt: Date.now() + 60_000, lifetimeMs: 60_000 }
    }
    const { client } = ourClient(
      createTokenSource({ issue, trust: new TrustState({ credential }), logger: silentLogger }),
    )
    const names = Array.from({ length: 60 }, (_, index) => `scope-${index % 20}`)
    const sent = names.map((name) => {
      const metadata = new Metadata()
      metadata.set('x-scope', name)
      return call(client, { metadata, credentials: new PendingToken([parseScope(name)]) })
    })
    for (const ending of await Promise.all(sent)) expect(ending).toMatchObject({ status: 'OK' })
    expect(received).toHaveLength(names.length)
    for (const text of received) {
      const { [TOKEN_KEY]: token, 'x-scope': name } = JSON.parse(text)
      expect(token).toBe(`for-${name}`)
    }
  })
})
