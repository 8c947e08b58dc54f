import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { type ChannelInterface, status } from '@grpc/grpc-js'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { parseScope } from '../../src/core/scope.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import type { TokenRequest, TokenSource } from '../../src/token/token-source.ts'
import { MeshChannel, openChannel } from '../../src/transport/channel.ts'
import { PendingToken } from '../../src/transport/pending-token.ts'
import { callEcho, openEcho } from '../support/echo.ts'
import { createTestIssuer, type Presented } from '../support/issuer.ts'
import { tlsOptionsOf } from '../support/listener.ts'

const issuer = createTestIssuer()
const inventory = issuer.credential('inventory')
const orders = issuer.credential('orders')
const inventoryId = parseServiceId('spiffe://shop.internal/inventory')

interface ChannelSetUp {
  readonly credential?: Credential
  readonly tokens?: TokenSource
  readonly host?: string
}

function openTo(
  port: number,
  { credential = orders, tokens, host = 'localhost' }: ChannelSetUp = {},
): ChannelInterface {
  const address = { host, port }
  const channel = openChannel({ address, server: inventoryId, credential, ...(tokens === undefined ? {} : { tokens }) })
  onTestFinished(() => channel.close())
  return channel
}

/** A token source that notes what it is asked for. */
function tokenSource() {
  const requests: TokenRequest[] = []
  const tokens: TokenSource = async (request) => {
    requests.push(request)
    return `token-${requests.length}-for-${request.scopes.join('+')}`
  }
  return { requests, tokens }
}

afterEach(() => void vi.unstubAllEnvs())

describe('a channel', () => {
  test('calls the service that it expects', async () => {
    const { port, calls } = await openEcho({ credentials: inventory })
    expect(await callEcho(openTo(port))).toEqual({ answer: 'hello' })
    expect(calls[0]?.peer?.thumbprint).toBe(orders.thumbprint)
    expect(calls[0]?.token).toEqual([])
  })

  test('sends the token that a call asks for, and to its own service', async () => {
    const { port, calls } = await openEcho({ credentials: inventory })
    const { requests, tokens } = tokenSource()
    const scopes = [parseScope('inventory.read')]
    expect(await callEcho(openTo(port, { tokens }), new PendingToken(scopes))).toEqual({ answer: 'hello' })
    expect(requests).toEqual([{ audience: inventoryId, scopes }])
    expect(calls[0]?.token).toEqual(['token-1-for-inventory.read'])
  })

  test('never mixes the tokens of concurrent calls', async () => {
    const { port, calls } = await openEcho({ credentials: inventory })
    const tokens: TokenSource = async ({ scopes }) => {
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20))
      return scopes.join()
    }
    const channel = openTo(port, { tokens })
    const names = Array.from({ length: 30 }, (_, index) => `scope-${index}`)
    await Promise.all(names.map((name) => callEcho(channel, new PendingToken([parseScope(name)]))))
    const sent = calls.map(({ token }) => String(token))
    expect(sent.toSorted()).toEqual(names.map((name) => name).toSorted())
  })

  test('does not share its connection with the channel of another credential', async () => {
    const { port, calls } = await openEcho({ credentials: inventory })
    const renewed = issuer.credential('orders')
    for (const credential of [orders, renewed]) await callEcho(openTo(port, { credential }))
    expect(calls.map(({ peer }) => peer?.thumbprint)).toEqual([orders.thumbprint, renewed.thumbprint])
  })

  test('goes to the host that it is given, whatever its name means elsewhere', () => {
    for (const host of ['localhost', 'dns', 'unix', 'ipv4', 'ipv6', 'http', 'https', 'xds', 'unix-abstract']) {
      expect(openTo(8440, { host }).getTarget()).toMatch(new RegExp(`^dns:(///)?${host}:8440$`))
    }
  })

  test('does not go through the proxy of the environment', async () => {
    const { port } = await openEcho({ credentials: inventory })
    const proxy = createServer((socket) => socket.destroy())
    const proxied = await portOf(proxy)
    for (const name of ['grpc_proxy', 'https_proxy', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) {
      vi.stubEnv(name, `http://localhost:${proxied}`)
    }
    expect(await callEcho(openTo(port))).toEqual({ answer: 'hello' })
  })

  test('agrees with a listener of ours on a key exchange that withstands quantum computers', async () => {
    const { port } = await openEcho({ credentials: inventory })
    const fromServer: Buffer[] = []
    const relay = createServer((client) => {
      const server = connect({ host: 'localhost', port })
      for (const socket of [client, server]) socket.on('error', () => {})
      server.on('data', (bytes) => fromServer.push(bytes))
      client.pipe(server).pipe(client)
    })
    expect(await callEcho(openTo(await portOf(relay)))).toEqual({ answer: 'hello' })
    const X25519MLKEM768 = 0x11ec
    expect(groupOf(Buffer.concat(fromServer))).toBe(X25519MLKEM768)
  })
})

describe('the type of a channel', () => {
  test('has none but our own', () => {
    const channel = openTo(1)
    const stock: ChannelInterface = channel
    // @ts-expect-error A channel of grpc-js would send calls without their tokens.
    const forged: MeshChannel = stock
    // @ts-expect-error So would any object of the same shape.
    const shaped: MeshChannel = {
      createCall: channel.createCall,
      getTarget: channel.getTarget,
      getConnectivityState: channel.getConnectivityState,
      watchConnectivityState: channel.watchConnectivityState,
      getChannelzRef: channel.getChannelzRef,
      close: channel.close,
    }
    expect([forged instanceof MeshChannel, shaped instanceof MeshChannel]).toEqual([true, false])
  })
})

describe('a channel refuses a server', () => {
  const REFUSED: readonly (readonly [title: string, credential: () => Credential, details: RegExp])[] = [
    ['that is another service', () => issuer.credential('billing'), /shop\.internal\/billing instead of .*\/inventory/],
    ['whose path begins alike', () => issuer.credential('inventory/eu'), /instead of/],
    ['that is itself', () => orders, /instead of/],
    ['of another CA of the same trust domain', () => createTestIssuer().credential('inventory'), /certificate/],
    ['of another trust domain', () => createTestIssuer('evil.internal').credential('inventory'), /certificate/],
    [
      'with other host names',
      () => issuer.credential('inventory', { dnsNames: ['inventory.example'] }),
      /altnames|localhost/,
    ],
    [
      'whose certificate has expired',
      () => issuer.credential('inventory', { clock: () => Date.now() - 2 * 86_400_000 }),
      /expired/,
    ],
  ]
  for (const [title, credential, details] of REFUSED) {
    test(title, async () => {
      const { requests, tokens } = tokenSource()
      const { port, calls } = await openEcho({ credentials: credential() })
      const outcome = await callEcho(openTo(port, { tokens }), new PendingToken([]))
      expect(outcome).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringMatching(details) })
      expect(calls).toEqual([])
      expect(requests).toEqual([])
    })
  }

  test('with any of these too where the environment turns off verification', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    for (const [, credential] of REFUSED) {
      const { requests, tokens } = tokenSource()
      const { port, calls } = await openEcho({ credentials: credential() })
      const outcome = await callEcho(openTo(port, { tokens }), new PendingToken([]))
      expect(outcome).toMatchObject({ code: status.UNAVAILABLE })
      expect([...calls, ...requests]).toEqual([])
    }
  })

  test('with a certificate of our CA that is not one of a service', async () => {
    const name = 'spiffe://shop.internal/inventory'
    const irregular = [
      issuer.sign({ template: { uris: [name], basicConstraints: { isCa: true, pathLength: undefined } } }),
      issuer.sign({ template: { uris: [name, 'spiffe://shop.internal/orders'] } }),
      issuer.sign({ template: { uris: [] } }),
      issuer.sign({ template: { uris: [name], extendedKeyUsage: [] } }),
    ]
    for (const presented of irregular) {
      const outcome = await callEcho(openTo(await openTlsServer(presented)), new PendingToken([]))
      expect(outcome).toMatchObject({
        code: status.UNAVAILABLE,
        details: expect.stringContaining("peer's certificate is refused"),
      })
    }
  })

  test('below TLS 1.3, without HTTP/2, or without TLS', async () => {
    const { cert, key } = tlsOptionsOf(inventory)
    const presented = { cert, key } as Presented
    const ports = [
      await openTlsServer(presented, { maxVersion: 'TLSv1.2' }),
      await openTlsServer(presented, { ALPNProtocols: ['http/1.1'] }),
      await portOf(createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\n\r\n'))),
      await portOf(createServer((socket) => socket.destroy())),
    ]
    for (const port of ports) expect(await callEcho(openTo(port))).toMatchObject({ code: status.UNAVAILABLE })
  })

  test('and accepts one whose certificate is limited to no host name', async () => {
    const { port } = await openEcho({ credentials: issuer.credential('inventory', { dnsNames: [] }) })
    expect(await callEcho(openTo(port))).toEqual({ answer: 'hello' })
  })
})

/** The port of a new server, which is closed after the test. */
async function portOf(server: Server): Promise<number> {
  onTestFinished(() => void server.close())
  await once(server.listen(0, 'localhost'), 'listening')
  return (server.address() as AddressInfo).port
}

function openTlsServer({ cert, key }: Presented, options: TlsOptions = {}): Promise<number> {
  const server = createTlsServer({ cert, key, ALPNProtocols: ['h2'], ...options }, (socket) =>
    socket.on('error', () => {}),
  )
  return portOf(server)
}

/** The group of the key share that a server chose: in ServerHello, the only handshake message in the clear. */
function groupOf(bytes: Buffer): number | undefined {
  const sessionIdLength = bytes[43] ?? 0
  let position = 44 + sessionIdLength + 3
  const end = position + 2 + bytes.readUInt16BE(position)
  for (position += 2; position < end; position += 4 + bytes.readUInt16BE(position + 2)) {
    const KEY_SHARE = 51
    if (bytes.readUInt16BE(position) === KEY_SHARE) return bytes.readUInt16BE(position + 4)
  }
  return undefined
}
