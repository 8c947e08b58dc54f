import type { StatusObject } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { AuthorityClient } from '../../../src/client/authority-client.ts'
import { formatAddress } from '../../../src/core/address.ts'
import { systemClock } from '../../../src/core/clock.ts'
import type { RevokeRequest } from '../../../src/gen/countersign/v1/RevokeRequest.ts'
import type { RevokeResponse__Output } from '../../../src/gen/countersign/v1/RevokeResponse.ts'
import type { TrustServiceStatusResponse__Output } from '../../../src/gen/countersign/v1/TrustServiceStatusResponse.ts'
import type { WatchRequest } from '../../../src/gen/countersign/v1/WatchRequest.ts'
import type { Credential } from '../../../src/identity/credential.ts'
import { parseServiceId } from '../../../src/identity/service-id.ts'
import { channelCredentials } from '../../../src/testing/stock-client.ts'
import { createTestClock } from '../../../src/testing/test-clock.ts'
import { TrustService } from '../../../src/transport/authority-protos.ts'
import { parseChanges } from '../../../src/transport/trust-messages.ts'
import { ISSUER, startAuthority, type TestAuthority } from '../../support/authority.ts'
import { createTestCa } from '../../support/pki.ts'
import { type Ending, endingOf, receive } from '../../support/plain-client.ts'
import { failingLog, openTestStore, refuses } from '../../support/publishing.ts'

const pki = createTestCa()
const orders = pki.credential('orders')
const guard = pki.credential('guard')
const policy = `
grants:
  - { caller: guard, audience: countersign/authority, scopes: [trust.revoke] }
  - { caller: orders, audience: inventory, scopes: [inventory.read] }
`
const SELF = parseServiceId('spiffe://shop.internal/countersign/authority')
let authority: TestAuthority

beforeAll(async () => {
  authority = await startAuthority({ pki, policy })
})
afterAll(() => authority.close())

interface As {
  readonly credential?: Credential
  readonly token?: string
  readonly at?: TestAuthority
}

function clientOf({ credential = orders, token, at = authority }: As) {
  const channel = channelCredentials(credential, token)
  const client = new TrustService(formatAddress(at.address), channel, { 'grpc.use_local_subchannel_pool': 1 })
  onTestFinished(() => client.close())
  return client
}

function watch(request: WatchRequest = {}, as: As = {}) {
  return receive(clientOf(as).watch(request))
}

type Answer<Response> = Ending & { readonly response: Response | undefined }

function revoke(request: RevokeRequest, as: As = {}): Promise<Answer<RevokeResponse__Output>> {
  return new Promise((resolve) => {
    let response: RevokeResponse__Output | undefined
    clientOf(as)
      .revoke(request, { deadline: Date.now() + 5_000 }, (_, received) => {
        response = received
      })
      .on('status', (ended: StatusObject) => setImmediate(() => resolve({ ...endingOf(ended), response })))
  })
}

function askStatus(as: As): Promise<Answer<TrustServiceStatusResponse__Output>> {
  return new Promise((resolve) => {
    let response: TrustServiceStatusResponse__Output | undefined
    clientOf(as)
      .status({}, { deadline: Date.now() + 5_000 }, (_, received) => {
        response = received
      })
      .on('status', (ended: StatusObject) => setImmediate(() => resolve({ ...endingOf(ended), response })))
  })
}

/** A token of the authority's own. */
async function issue(credential: Credential, audience = SELF): Promise<string> {
  const client = new AuthorityClient({ address: authority.address, credential })
  onTestFinished(() => client.close())
  return (await client.issueToken({ audience, scopes: [] })).token
}

describe('Watch', () => {
  test('sends a heartbeat, all that stands, a heartbeat, and then each change', async () => {
    const { messages, cancel, ended } = watch()
    await vi.waitUntil(() => messages.length === 3)
    const [first, second, third] = messages
    const revision = second?.snapshot?.revision
    expect(first?.heartbeat?.revision).toEqual(revision)
    expect(third?.heartbeat?.revision).toEqual(revision)
    expect(Math.abs(Number(first?.heartbeat?.sentAtMs) - Date.now())).toBeLessThan(2_000)
    expect(Number(first?.heartbeat?.readAtMs)).toBeLessThanOrEqual(Number(first?.heartbeat?.sentAtMs))
    expect(second?.snapshot).toMatchObject({ page: 1, last: true, issuer: ISSUER })
    const keys = [...authority.trust.head().keys.keys()]
    expect(second?.snapshot?.changes?.keys.map(({ keyId }) => keyId)).toEqual(keys)

    await authority.revoke({ target: { kind: 'tokenId', text: 'watched' }, reason: '', by: 'operator:test' })
    await vi.waitUntil(() => messages.length === 4)
    expect(messages[3]?.delta?.after).toEqual(revision)
    expect(parseChanges(messages[3]?.delta?.changes ?? null)).toMatchObject([{ kind: 'token', id: 'watched' }])
    cancel()
    expect(await ended).toMatchObject({ status: 'CANCELLED' })
  })

  test('goes on from where its caller is', async () => {
    const after = authority.trust.revision
    await authority.revoke({ target: { kind: 'tokenId', text: 'missed' }, reason: '', by: 'operator:test' })
    const { messages } = watch({ after: after ?? null })
    await vi.waitUntil(() => messages.length === 3)
    expect(messages.map(({ event }) => event)).toEqual(['heartbeat', 'delta', 'heartbeat'])
  })

  test('refuses a revision that is none', async () => {
    const { ended } = watch({ after: { epoch: '18446744073709551615', sequence: 1 } })
    expect(await ended).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'REQUEST_INVALID' })
  })

  test('lets go of a caller that leaves, also where nothing happens', async () => {
    const clock = createTestClock()
    const still = await startAuthority({ pki, policy, clock })
    onTestFinished(() => still.close())
    const operator = pki.credential('countersign/operator/alice')
    const verifiers = async () => (await askStatus({ credential: operator, at: still })).response?.verifiers.length
    const streams = Array.from({ length: 5 }, () => watch({}, { at: still }))
    await vi.waitUntil(() => streams.every(({ messages }) => messages.length === 3))
    expect(await verifiers()).toBe(5)
    for (const { cancel } of streams) cancel()
    await vi.waitUntil(async () => (await verifiers()) === 0)
  })

  test('ends when the authority closes', async () => {
    const closing = await startAuthority({ pki, policy })
    const { messages, ended } = watch({}, { at: closing })
    await vi.waitUntil(() => messages.length === 3)
    const begin = Date.now()
    await closing.close()
    expect(await ended).toMatchObject({ status: 'OK' })
    expect(Date.now() - begin).toBeLessThan(2_000)
  })
})

describe('Revoke', () => {
  test('revokes for a service that holds the grant, in its name', async () => {
    const token = await issue(guard)
    const ending = await revoke({ tokenId: 'one', reason: 'stolen' }, { credential: guard, token })
    expect(ending).toMatchObject({ status: 'OK', response: { revision: { epoch: '1' } } })
    expect(refuses(authority.trust, 'one')).toBe(true)
    const line = authority.log.lines.findLast(({ message }) => message === 'revoked')
    expect(line?.fields).toMatchObject({ by: guard.serviceId, reason: 'stolen', kind: 'token', id: 'one' })
  })

  test('revokes a token, which is refused from then on', async () => {
    const victim = await issue(guard)
    const token = await issue(guard)
    expect(await revoke({ token: victim }, { credential: guard, token })).toMatchObject({ status: 'OK' })
    const again = await revoke({ tokenId: 'two' }, { credential: guard, token: victim })
    expect(again).toMatchObject({ status: 'UNAUTHENTICATED', reason: 'TOKEN_REVOKED' })
  })

  test('is refused to whoever has no token for it', async () => {
    const foreign = await issue(orders, parseServiceId('spiffe://shop.internal/inventory'))
    const stolen = await issue(guard)
    const callers: readonly (readonly [As, string])[] = [
      [{}, 'CREDENTIALS_MISSING'],
      [{ credential: guard }, 'CREDENTIALS_MISSING'],
      [{ token: foreign }, 'TOKEN_AUDIENCE_MISMATCH'],
      [{ token: stolen }, 'TOKEN_BINDING_MISMATCH'],
      [{ credential: pki.credential('countersign/operator/alice') }, 'CREDENTIALS_MISSING'],
    ]
    for (const [as, reason] of callers) {
      expect(await revoke({ tokenId: 'three' }, as)).toMatchObject({ reason, response: undefined })
    }
    expect(refuses(authority.trust, 'three')).toBe(false)
  })

  test('refuses what names nothing', async () => {
    const as = { credential: guard, token: await issue(guard) }
    for (const request of [{}, { reason: 'none' }, { tokenId: '' }, { service: 'orders' }]) {
      expect(await revoke(request, as)).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'REQUEST_INVALID' })
    }
  })

  test('of an authority beside is known to this one within a moment', async () => {
    const store = await openTestStore()
    const [one, other] = [await startAuthority({ pki, policy, store }), await startAuthority({ pki, policy, store })]
    onTestFinished(async () => void (await Promise.all([one.close(), other.close()])))
    const { messages } = watch({}, { at: other })
    await vi.waitUntil(() => messages.length === 3)
    await one.revoke({ target: { kind: 'tokenId', text: 'beside' }, reason: '', by: 'operator:test' })
    await vi.waitUntil(() => refuses(other.trust, 'beside'))
    await vi.waitUntil(() => messages.some(({ delta }) => delta?.changes?.tokens?.ids.includes('beside')))
  })
})

describe('Status', () => {
  const operator = pki.credential('countersign/operator/alice')

  test('tells operators what is published, and to whom', async () => {
    const { messages } = watch()
    await vi.waitUntil(() => messages.length === 3)
    const { response } = await askStatus({ credential: operator })
    expect(response).toMatchObject({
      revision: { epoch: '1', sequence: String(authority.trust.revision?.sequence) },
      keys: authority.trust.head().keys.size,
      entries: String(authority.trust.entryCount),
    })
    expect(Math.abs(Number(response?.readAtMs) - Date.now())).toBeLessThan(2_000)
    const [verifier] = response?.verifiers ?? []
    expect(verifier).toMatchObject({ service: orders.serviceId, lagMs: '0', revision: response?.revision })
    expect(verifier?.serialNumber).toMatch(/^[0-9a-f]+$/)
    expect(Math.abs(Number(verifier?.sinceMs) - Date.now())).toBeLessThan(5_000)
  })

  test('is refused to services', async () => {
    expect(await askStatus({})).toMatchObject({ status: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' })
  })

  test('is told also once the log could not be read for so long that calls are refused', async () => {
    const store = await openTestStore()
    const { log, failing } = failingLog(store.trustLog)
    const clock = createTestClock(systemClock())
    const cut = await startAuthority({ pki, policy, clock, store: { ...store, trustLog: log } })
    onTestFinished(() => cut.close())
    failing.reads = true
    clock.advance(6 * 60_000)
    const { messages, ended } = watch({}, { at: cut })
    expect(await ended).toMatchObject({ status: 'UNAVAILABLE', reason: 'VERIFIER_NOT_READY' })
    expect(messages).toEqual([])
    const { status, response } = await askStatus({ credential: operator, at: cut })
    expect({ status, readAtMs: Number(response?.readAtMs) }).toEqual({
      status: 'OK',
      readAtMs: clock() - 6 * 60_000,
    })
  })
})
