import { generateKeyPairSync } from 'node:crypto'
import { Metadata, status } from '@grpc/grpc-js'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { formatAddress } from '../../src/core/address.ts'
import {
  channelCredentials,
  createTestCa,
  type RecordingLogger,
  reasonOf,
  recordingLogger,
  startTestMesh,
  type TestMesh,
  type TokenOptions,
} from '../../src/testing/index.ts'
import type { CertificateOptions } from '../../src/testing/test-ca.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { callPlainly } from '../support/plain-client.ts'
import { refusalOf } from '../support/refusal.ts'
import { plainHandlers, Warehouse } from '../support/warehouse.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

const policy = { grants: [{ caller: 'orders', audience: 'warehouse', scopes: ['warehouse.pick'], ttlSeconds: 60 }] }

let mesh: TestMesh
beforeEach(async () => {
  mesh = await startTestMesh({ policy })
  onTestFinished(() => mesh.close())
})

/** Serves a warehouse, and tells where. */
async function serve(workload?: Workload): Promise<string> {
  const warehouse = workload ?? (await mesh.join('warehouse'))
  const server = warehouse.createServer()
  server.addService(Warehouse, plainHandlers)
  return formatAddress(await server.listen('localhost:0'))
}

async function joinOrders(address: string) {
  return (await mesh.join('orders')).createClient(Warehouse, 'warehouse', address)
}

/** What a server logged of the first handshake that it refused. */
async function handshakeRefusal({ lines }: RecordingLogger): Promise<object> {
  const line = await vi.waitUntil(() => lines.find(({ message }) => message === 'handshake refused'), { interval: 2 })
  return line.fields
}

describe('a test mesh', () => {
  test('lets services call each other as policy grants', async () => {
    const orders = await joinOrders(await serve())
    expect(await orders.pick({})).toMatchObject({ note: 'picked' })
    await expect(orders.ship({})).rejects.toMatchObject({ reason: 'TOKEN_SCOPE_INSUFFICIENT' })
  })

  test('takes its policy as an object or as the text of a file, and grants nothing without one', async () => {
    const text = 'grants: [{ caller: orders, audience: warehouse, scopes: [warehouse.pick] }]'
    for (const given of [{ policy: text }, { policy }, {}]) {
      await using another = await startTestMesh(given)
      const address = await serve(await another.join('warehouse'))
      const picking = (await another.join('orders')).createClient(Warehouse, 'warehouse', address).pick({})
      if (given.policy === undefined) await expect(picking).rejects.toMatchObject({ reason: 'GRANT_DENIED' })
      else expect(await picking).toMatchObject({ note: 'picked' })
    }
  })

  test('refuses a policy as the authority does, with the place of each problem', async () => {
    const wrong = { grants: [{ caller: '/orders', audience: 'warehouse', scopes: [] }] }
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => startTestMesh({ policy: wrong }))
    expect(message).toMatch(/policy\.yaml:\d+:\d+ grants\[0\]\.caller/)
    await refusalOf('CONFIGURATION_INVALID', () => startTestMesh({ policy: 'grants: orders' }))
    await refusalOf('REQUEST_INVALID', () => startTestMesh({ trustDomain: 'Shop' }))
  })

  test('has the trust domain that it is told', async () => {
    await using another = await startTestMesh({ trustDomain: 'elsewhere.internal' })
    expect((await another.join('orders')).serviceId).toBe('spiffe://elsewhere.internal/orders')
    expect((await mesh.join('orders')).serviceId).toBe('spiffe://shop.internal/orders')
  })

  test('logs to the loggers that it is given', async () => {
    const [all, own] = [recordingLogger(), recordingLogger()]
    const served = ({ lines }: RecordingLogger) => lines.filter(({ message }) => message === 'listening').length
    await using another = await startTestMesh({ logger: all })
    expect(all.lines.at(-1)).toMatchObject({ level: 'info', message: 'authority serves' })
    const before = served(all)
    await serve(await another.join('warehouse', { logger: own }))
    expect([served(all), served(own)]).toEqual([before, 1])
    await serve(await another.join('warehouse'))
    expect([served(all), served(own)]).toEqual([before + 1, 1])
  })

  test('closes what joined and the authority', async () => {
    const address = await serve()
    const orders = await joinOrders(address)
    await orders.pick({})
    await mesh.close()
    await expect(orders.pick({})).rejects.toMatchObject({ name: 'CallError' })
    for (const closed of [address, formatAddress(mesh.authority.address)]) {
      const ending = await callPlainly(closed, channelCredentials(mesh.credential('orders')))
      expect(ending).toMatchObject({ status: 'UNAVAILABLE', details: expect.stringContaining('ECONNREFUSED') })
    }
  })

  test('may be closed twice, and after its authority was', async () => {
    await mesh.join('orders')
    await mesh.authority.close()
    await mesh.close()
    await mesh.close()
  })

  test('lets a service join with a credential, and with a clock of its own', async () => {
    const behind = () => mesh.clock() - 10 * MINUTE_MS
    const address = await serve(await mesh.join(mesh.credential('warehouse'), { clock: behind }))
    const orders = await joinOrders(address)
    await expect(orders.pick({})).rejects.toMatchObject({ reason: 'TOKEN_NOT_YET_VALID' })
    await refusalOf('REQUEST_INVALID', () => mesh.join('/orders'))
  })
})

describe('when its clock is moved', () => {
  test('a token that has expired is refused, and clients fetch another', async () => {
    const address = await serve()
    const orders = await joinOrders(address)
    await orders.pick({})
    const credential = mesh.credential('orders')
    const token = mesh.token({ caller: credential, audience: 'warehouse', scopes: ['warehouse.pick'] })
    expect(await callPlainly(address, channelCredentials(credential, token))).toMatchObject({ status: 'OK' })

    mesh.clock.advance(10 * MINUTE_MS)
    expect(await callPlainly(address, channelCredentials(credential, token))).toMatchObject({ reason: 'TOKEN_EXPIRED' })
    expect(await orders.pick({})).toMatchObject({ note: 'picked' })
  })

  test('past the end of a certificate, its connections end, and it makes no others', async () => {
    const logger = recordingLogger()
    const address = await serve(await mesh.join('warehouse', { logger }))
    const orders = await joinOrders(address)
    await orders.pick({})
    const credential = mesh.credential('orders')

    mesh.clock.advance(DAY_MS + 2000)
    await expect(orders.pick({})).rejects.toMatchObject({ status: status.UNAVAILABLE })
    const ended = await callPlainly(address, channelCredentials(credential))
    expect(ended).toMatchObject({ status: 'UNAVAILABLE' })
    expect(await handshakeRefusal(logger)).toMatchObject({
      code: 'CERTIFICATE_EXPIRED',
      reason: expect.stringMatching(/^expired certificate: since /),
    })
    const expiry = "this service's certificate has expired: issue a new certificate and restart the service"
    expect(logger.lines.map(({ message }) => message)).toContain(expiry)
  })

  test('by an hour, 25 hours or ten months, services join and call', async () => {
    for (const milliseconds of [60 * MINUTE_MS, DAY_MS, 300 * DAY_MS]) {
      mesh.clock.advance(milliseconds)
      const orders = await joinOrders(await serve())
      expect(await orders.pick({})).toMatchObject({ note: 'picked' })
    }
  })

  test('to before its start, services join and call', async () => {
    mesh.clock.set(mesh.clock() - 60 * MINUTE_MS)
    const orders = await joinOrders(await serve())
    expect(await orders.pick({})).toMatchObject({ note: 'picked' })
  })
})

describe('a server of a test mesh refuses', () => {
  const CALL = { audience: 'warehouse', scopes: ['warehouse.pick'] }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  const TOKENS: readonly (readonly [title: string, differing: () => Partial<TokenOptions>, reason: string])[] = [
    ['of another audience', () => ({ audience: 'orders' }), 'TOKEN_AUDIENCE_MISMATCH'],
    ['of another scope', () => ({ scopes: ['warehouse.ship'] }), 'TOKEN_SCOPE_INSUFFICIENT'],
    ['of another certificate', () => ({ caller: mesh.credential('orders') }), 'TOKEN_BINDING_MISMATCH'],
    ['of another service', () => ({ caller: mesh.credential('shipping') }), 'TOKEN_BINDING_MISMATCH'],
    ['that has expired', () => ({ issuedAt: mesh.clock() - 6 * MINUTE_MS }), 'TOKEN_EXPIRED'],
    ['that ends before it begins', () => ({ expiresAt: mesh.clock() - MINUTE_MS }), 'TOKEN_EXPIRED'],
    ['of the future', () => ({ issuedAt: mesh.clock() + MINUTE_MS }), 'TOKEN_NOT_YET_VALID'],
    ['that lives for two hours', () => ({ expiresAt: mesh.clock() + 120 * MINUTE_MS }), 'TOKEN_INVALID'],
    ['of another issuer', () => ({ claims: { iss: 'https://elsewhere.internal' } }), 'TOKEN_INVALID'],
    ['without an end', () => ({ claims: { exp: undefined } }), 'TOKEN_INVALID'],
    ['of another type', () => ({ header: { typ: 'JWT' } }), 'TOKEN_INVALID'],
    ['signed with another key', () => ({ privateKey }), 'TOKEN_INVALID'],
  ]

  for (const [title, differing, reason] of TOKENS) {
    test(`a token ${title}`, async () => {
      const address = await serve()
      const caller = mesh.credential('orders')
      const token = mesh.token({ ...CALL, caller, ...differing() })
      const ending = await callPlainly(address, channelCredentials(caller, token))
      expect(ending.reason).toBe(reason)
    })
  }

  test('a call without a token, and not the one with the same that is regular', async () => {
    const address = await serve()
    const caller = mesh.credential('orders')
    expect(await callPlainly(address, channelCredentials(caller))).toMatchObject({ reason: 'CREDENTIALS_MISSING' })
    const token = mesh.token({ ...CALL, caller })
    expect(await callPlainly(address, channelCredentials(caller, token))).toMatchObject({ status: 'OK' })
  })

  test('a token of another mesh', async () => {
    await using another = await startTestMesh()
    const caller = mesh.credential('orders')
    const ending = await callPlainly(await serve(), channelCredentials(caller, another.token({ ...CALL, caller })))
    expect(ending).toMatchObject({ reason: 'TOKEN_INVALID' })
  })

  test('a token that is no token', async () => {
    const ending = await callPlainly(await serve(), channelCredentials(mesh.credential('orders'), 'no.token'))
    expect(ending).toMatchObject({ reason: 'CREDENTIALS_MALFORMED' })
  })

  const CERTIFICATES: readonly (readonly [title: string, options: () => CertificateOptions, logged: RegExp])[] = [
    ['that has expired', () => ({ notAfter: Date.now() - MINUTE_MS }), /^expired certificate/],
    ['that is not valid yet', () => ({ notBefore: Date.now() + MINUTE_MS }), /^certificate not valid yet/],
    ['that names nobody', () => ({ uris: [] }), /0 URI names/],
    [
      'of another trust domain',
      () => ({ uris: ['spiffe://elsewhere.internal/orders'] }),
      /^certificate refused: .*spiffe:\/\/elsewhere/,
    ],
    ['of a CA', () => ({ isCa: true }), /certificate of a CA/],
    ['for clients alone', () => ({ extendedKeyUsage: ['clientAuth'] }), /lacks serverAuth/],
  ]

  for (const [title, options, logged] of CERTIFICATES) {
    test(`a certificate ${title}`, async () => {
      const logger = recordingLogger()
      const address = await serve(await mesh.join('warehouse', { logger }))
      const ending = await callPlainly(address, channelCredentials(mesh.credential('orders', options())))
      expect(ending).toMatchObject({ status: 'UNAVAILABLE', reason: undefined })
      expect(await handshakeRefusal(logger)).toMatchObject({ reason: expect.stringMatching(logged) })
    })
  }

  test('a certificate of another CA, though its holder trusts the mesh', async () => {
    const logger = recordingLogger()
    const address = await serve(await mesh.join('warehouse', { logger }))
    const foreign = createTestCa().credential('orders', { bundle: mesh.ca.bundle })
    expect(await callPlainly(address, channelCredentials(foreign))).toMatchObject({ status: 'UNAVAILABLE' })
    expect(await handshakeRefusal(logger)).toMatchObject({
      reason: expect.stringMatching(/^certificate of another CA: issuer /),
    })
  })

  test('and reasonOf tells why, or nothing where no one said', async () => {
    const address = await serve()
    const client = new Warehouse(address, channelCredentials(mesh.credential('orders')))
    onTestFinished(() => client.close())
    const failed = () =>
      new Promise((resolve) => {
        client.Pick({}, new Metadata(), {}, (error) => resolve(error && reasonOf(error)))
      })
    expect(await failed()).toBe('CREDENTIALS_MISSING')
    await mesh.close()
    expect(await failed()).toBeUndefined()
  })
})
