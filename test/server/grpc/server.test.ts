import { type ChannelCredentials, credentials, type StatusObject } from '@grpc/grpc-js'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { formatAddress } from '../../../src/core/address.ts'
import type { IssueTokenRequest } from '../../../src/gen/countersign/v1/IssueTokenRequest.ts'
import type { IssueTokenResponse__Output } from '../../../src/gen/countersign/v1/IssueTokenResponse.ts'
import { Health } from '../../../src/server/grpc/health.ts'
import { TokenService, TrustService } from '../../../src/transport/authority-protos.ts'
import { ISSUER, startAuthority, type TestAuthority } from '../../support/authority.ts'
import { plainTls } from '../../support/mesh.ts'
import { createTestCa } from '../../support/pki.ts'
import { type Ending, endingOf, receive } from '../../support/plain-client.ts'

const pki = createTestCa()
const orders = pki.credential('orders')
const policy = `
grants:
  - { caller: orders, audience: inventory, scopes: [inventory.reserve, inventory.read], ttlSeconds: 60 }
`
let authority: TestAuthority
let address: string

beforeAll(async () => {
  authority = await startAuthority({ pki, policy })
  address = formatAddress(authority.address)
})
afterAll(() => authority.close())

interface Answer<Response> extends Ending {
  readonly response: Response | undefined
}

function deadline() {
  return { deadline: Date.now() + 5_000 }
}

function issueToken(request: IssueTokenRequest, channel: ChannelCredentials = plainTls(orders)) {
  const client = new TokenService(address, channel, { 'grpc.use_local_subchannel_pool': 1 })
  onTestFinished(() => client.close())
  return new Promise<Answer<IssueTokenResponse__Output>>((resolve) => {
    let response: IssueTokenResponse__Output | undefined
    client
      .issueToken(request, deadline(), (_, received) => {
        response = received
      })
      .on('status', (ended: StatusObject) => setImmediate(() => resolve({ ...endingOf(ended), response })))
  })
}

function healthClient(at = address, channel: ChannelCredentials = plainTls(orders)) {
  const client = new Health(at, channel, { 'grpc.use_local_subchannel_pool': 1 })
  onTestFinished(() => client.close())
  return client
}

function checkHealth(service: string, channel?: ChannelCredentials) {
  return new Promise<Ending & { readonly health: string | undefined }>((resolve) => {
    let health: string | undefined
    healthClient(address, channel)
      .check({ service }, deadline(), (_, received) => {
        health = received?.status
      })
      .on('status', (ended: StatusObject) => setImmediate(() => resolve({ ...endingOf(ended), health })))
  })
}

const audience = 'spiffe://shop.internal/inventory'

describe('IssueToken', () => {
  test("answers a token that is bound to the certificate of the caller's connection", async () => {
    const { status, response } = await issueToken({ audience })
    expect(status).toBe('OK')
    expect(response).toMatchObject({ scopes: ['inventory.reserve', 'inventory.read'], expiresInSeconds: 60 })
    expect(decodeJwt(response?.token ?? '')).toMatchObject({
      iss: ISSUER,
      aud: audience,
      sub: orders.serviceId,
      cnf: { 'x5t#S256': orders.thumbprint },
    })
  })

  test('takes who calls from the connection, whatever else is sent', async () => {
    const shipping = plainTls(pki.credential('shipping'))
    expect(await issueToken({ audience }, shipping)).toMatchObject({
      status: 'PERMISSION_DENIED',
      reason: 'GRANT_DENIED',
    })
  })

  test('answers each refusal with its code, under the decision ID of its log line', async () => {
    const requests = [
      { request: { audience, scopes: ['inventory.burn'] }, reason: 'GRANT_DENIED', status: 'PERMISSION_DENIED' },
      {
        request: { audience: 'spiffe://other.internal/inventory' },
        reason: 'GRANT_DENIED',
        status: 'PERMISSION_DENIED',
      },
      { request: { audience: 'inventory' }, reason: 'REQUEST_INVALID', status: 'INVALID_ARGUMENT' },
      { request: {}, reason: 'REQUEST_INVALID', status: 'INVALID_ARGUMENT' },
      { request: { audience, scopes: ['a b'] }, reason: 'REQUEST_INVALID', status: 'INVALID_ARGUMENT' },
    ]
    for (const { request, reason, status } of requests) {
      const ending = await issueToken(request)
      expect(ending).toMatchObject({ reason, status, response: undefined })
      const line = authority.log.lines.find(({ fields }) => fields['decisionId'] === ending.decisionId)
      expect(line).toMatchObject({ fields: { code: reason } })
    }
  })

  test('logs a refusal as one, with who asked, and not as an error of the authority', async () => {
    const { decisionId } = await issueToken({ audience, scopes: ['inventory.burn'] })
    const line = authority.log.lines.find(({ fields }) => fields['decisionId'] === decisionId)
    expect(line).toMatchObject({ level: 'warn', fields: { outcome: 'refused', caller: orders.serviceId } })
  })

  test('logs what was issued to whom, and not the token', async () => {
    const { response } = await issueToken({ audience })
    const line = authority.log.lines.findLast(({ message }) => message === 'token issued')
    expect(line?.fields).toEqual({
      caller: orders.serviceId,
      audience,
      scopes: ['inventory.reserve', 'inventory.read'],
      tokenId: decodeJwt(response?.token ?? '').jti,
      lifetimeSeconds: 60,
    })
    const [, , signature = 'none'] = (response?.token ?? '').split('.')
    expect(JSON.stringify(authority.log.lines)).not.toContain(signature)
  })
})

describe('health', () => {
  test('is SERVING for the server and for each of its services', async () => {
    for (const service of ['', 'countersign.v1.TokenService', 'countersign.v1.TrustService']) {
      expect(await checkHealth(service), service).toMatchObject({ status: 'OK', health: 'SERVING' })
    }
    const other = plainTls(pki.credential('billing/invoices'))
    expect(await checkHealth('', other)).toMatchObject({ health: 'SERVING' })
  })

  test('is NOT_FOUND for a service that is not there', async () => {
    for (const service of ['countersign.v1.Tokens', 'TokenService', ' ', 'constructor', '__proto__']) {
      expect(await checkHealth(service), service).toMatchObject({ status: 'NOT_FOUND' })
    }
  })

  test('is watched until the server closes, and then NOT_SERVING', async () => {
    const closing = await startAuthority({ pki, policy })
    const client = healthClient(formatAddress(closing.address))
    const known = receive(client.watch({ service: '' }))
    const unknown = receive(client.watch({ service: 'nothing' }))
    await vi.waitUntil(() => known.messages.length === 1 && unknown.messages.length === 1)
    expect(known.messages).toEqual([{ status: 'SERVING' }])
    await closing.close()
    await Promise.all([known.ended, unknown.ended])
    expect(known.messages).toEqual([{ status: 'SERVING' }, { status: 'NOT_SERVING' }])
    expect(unknown.messages).toEqual([{ status: 'SERVICE_UNKNOWN' }])
  })
})

describe('a caller without a certificate of this CA', () => {
  test('reaches none of the services', async () => {
    const roots = Buffer.from(pki.ca.bundle)
    const foreign = { ...createTestCa().credential('orders'), bundle: pki.ca.bundle }
    for (const channel of [credentials.createInsecure(), credentials.createSsl(roots), plainTls(foreign)]) {
      expect(await issueToken({ audience }, channel)).toMatchObject({ status: 'UNAVAILABLE', reason: undefined })
      expect(await checkHealth('', channel)).toMatchObject({ status: 'UNAVAILABLE', health: undefined })
      const client = new TrustService(address, channel, { 'grpc.use_local_subchannel_pool': 1 })
      onTestFinished(() => client.close())
      const { messages, ended } = receive(client.watch({}))
      expect(await ended).toMatchObject({ status: 'UNAVAILABLE' })
      expect(messages).toEqual([])
    }
  })
})
