import { Metadata, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { formatAddress } from '../../src/core/address.ts'
import { CallError } from '../../src/interceptor/call-error.ts'
import { callerOf } from '../../src/interceptor/caller.ts'
import { startAuthority } from '../support/authority.ts'
import { startMesh, type TestMesh, type TestMeshOptions } from '../support/mesh.ts'
import { plainHandlers, Warehouse, type WarehouseHandlers } from '../support/warehouse.ts'

const seen: { readonly scopes: readonly string[]; readonly tokenId: string | undefined; readonly metadata: object }[] =
  []
const handlers: WarehouseHandlers = {
  ...plainHandlers,
  async pick(call) {
    const { scopes, tokenId } = callerOf(call)
    seen.push({ scopes, tokenId, metadata: call.metadata.getMap() })
    if (call.request.sku === 'slow') await new Promise((resolve) => setTimeout(resolve, 1_000))
    return { note: call.request.sku ?? '' }
  },
}

let mesh: TestMesh

beforeAll(async () => {
  mesh = await startMesh(handlers)
})
afterAll(() => mesh.close())
beforeEach(() => {
  seen.length = 0
})

async function warehouseOf(service = 'orders', of: TestMesh = mesh) {
  const workload = await of.join(service)
  return { workload, warehouse: workload.createClient(Warehouse, 'warehouse', of.address) }
}

async function startOther(options: TestMeshOptions = {}): Promise<TestMesh> {
  const other = await startMesh(handlers, options)
  onTestFinished(() => other.close())
  return other
}

async function failureOf(call: Promise<unknown>): Promise<CallError> {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(CallError)
  return failure as CallError
}

describe('a service client', () => {
  test('resolves to the response, with a token of all scopes that are granted', async () => {
    const { warehouse } = await warehouseOf()
    expect(await warehouse.pick({ sku: 'tea' })).toMatchObject({ note: 'tea' })
    expect(seen).toMatchObject([
      { scopes: expect.arrayContaining(['warehouse.pick', 'warehouse.ship', 'warehouse.store']) },
    ])
  })

  test('narrows the token to the scopes that a call names', async () => {
    const { warehouse } = await warehouseOf()
    await warehouse.pick({}, { scopes: ['warehouse.pick'] })
    expect(seen).toMatchObject([{ scopes: ['warehouse.pick'] }])
    const failure = await failureOf(warehouse.ship({}, { scopes: ['warehouse.pick'] }))
    expect(failure).toMatchObject({ status: status.PERMISSION_DENIED, reason: 'TOKEN_SCOPE_INSUFFICIENT' })
  })

  test('does not take an empty list of scopes for all of them', async () => {
    const { warehouse } = await warehouseOf()
    await warehouse.pick({}, { scopes: [] }).catch(() => {})
    expect(seen).toEqual([])
  })

  test('fetches one token for many concurrent calls, and keeps it for later ones', async () => {
    const { warehouse } = await warehouseOf()
    const before = mesh.authority.issued()
    await Promise.all(Array.from({ length: 50 }, () => warehouse.pick({})))
    await warehouse.pick({})
    expect(mesh.authority.issued() - before).toBe(1)
    expect(new Set(seen.map(({ tokenId }) => tokenId)).size).toBe(1)
  })

  test('gives concurrent cold calls with different scopes each their own token', async () => {
    const { warehouse } = await warehouseOf()
    const choices = [['warehouse.pick'], ['warehouse.pick', 'warehouse.ship'], ['warehouse.pick', 'warehouse.follow']]
    const calls = Array.from({ length: 30 }, (_, index) => choices[index % 3] ?? [])
    await Promise.all(
      calls.map((scopes) => {
        const metadata = new Metadata()
        metadata.set('x-scopes', scopes.join(' '))
        return warehouse.pick({}, { scopes, metadata })
      }),
    )
    expect(seen).toHaveLength(30)
    for (const { scopes, metadata } of seen) expect(metadata).toMatchObject({ 'x-scopes': scopes.join(' ') })
  })

  test('sends the metadata of a call, and leaves it as it was', async () => {
    const { warehouse } = await warehouseOf()
    const metadata = new Metadata()
    metadata.set('x-request-id', 'one')
    await Promise.all([warehouse.pick({}, { metadata }), warehouse.pick({}, { metadata })])
    expect(seen).toMatchObject([{ metadata: { 'x-request-id': 'one' } }, { metadata: { 'x-request-id': 'one' } }])
    expect(metadata.getMap()).toEqual({ 'x-request-id': 'one' })
  })

  test('refuses a token that a call brings itself, and goes on with the others', async () => {
    const { warehouse } = await warehouseOf()
    await warehouse.pick({})
    const underWay = warehouse.pick({ sku: 'slow' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const metadata = new Metadata()
    metadata.set('authorization', 'Bearer mine')
    await expect(warehouse.pick({}, { metadata })).rejects.toThrow(/authorization/)
    expect(await underWay).toMatchObject({ note: 'slow' })
  })

  test('ends a call at its deadline, as a time or in milliseconds', async () => {
    const { warehouse } = await warehouseOf()
    for (const deadline of [Date.now() + 200, new Date(Date.now() + 200), Date.now() - 1]) {
      const failure = await failureOf(warehouse.pick({ sku: 'slow' }, { deadline }))
      expect(failure).toMatchObject({ status: status.DEADLINE_EXCEEDED, reason: undefined, decisionId: undefined })
    }
  })
})

describe('a call that fails', () => {
  test('tells the method, the status, the reason and the decision ID, under which the server logs it', async () => {
    const { warehouse } = await warehouseOf('shipping')
    const failure = await failureOf(warehouse.pick({}))
    expect(failure).toMatchObject({
      name: 'CallError',
      method: '/warehouse.v1.Warehouse/Pick',
      status: status.PERMISSION_DENIED,
      reason: 'TOKEN_SCOPE_INSUFFICIENT',
      details: 'The token lacks a scope. The method demands: warehouse.pick.',
    })
    expect(failure.message).toBe(
      `/warehouse.v1.Warehouse/Pick: PERMISSION_DENIED: TOKEN_SCOPE_INSUFFICIENT: ${failure.details}`,
    )
    const line = mesh.log.lines.find(({ fields }) => fields['decisionId'] === failure.decisionId)
    expect(line).toMatchObject({ message: 'call refused', fields: { caller: 'spiffe://shop.internal/shipping' } })
    expect(failure).not.toHaveProperty('code')
  })

  test('tells why the authority gave no token, and under which ID the log of the authority tells more', async () => {
    const { warehouse } = await warehouseOf()
    const failure = await failureOf(warehouse.pick({}, { scopes: ['warehouse.burn'] }))
    expect(failure).toMatchObject({ status: status.PERMISSION_DENIED, reason: 'GRANT_DENIED' })
    expect(failure.details).toContain('No grant gives orders the scope warehouse.burn at warehouse.')
    const ids = mesh.authority.log.lines.map(({ fields }) => fields['decisionId'])
    expect(ids).toContain(failure.decisionId)
  })

  test('is a CallError too where a scope is none, or the client was closed', async () => {
    const { warehouse, workload } = await warehouseOf()
    await warehouse.pick({})
    for (const scope of ['', 'a b', '"', '\u00e9']) {
      await expect.soft(warehouse.pick({}, { scopes: [scope] })).rejects.toBeInstanceOf(CallError)
    }
    await workload.close()
    await expect.soft(warehouse.pick({})).rejects.toBeInstanceOf(CallError)
  })

  test('is GRANT_DENIED where many scopes are asked for, and harms no later call', async () => {
    const { warehouse } = await warehouseOf()
    const scopes = Array.from({ length: 65 }, (_, index) => `warehouse.${'x'.repeat(200)}.${index}`)
    const failure = await failureOf(warehouse.pick({}, { scopes: scopes.slice(1) }))
    expect.soft(failure).toMatchObject({ reason: 'GRANT_DENIED' })
    expect.soft(await failureOf(warehouse.pick({}, { scopes }))).toMatchObject({ reason: 'REQUEST_INVALID' })
    expect.soft(await warehouse.pick({}).catch((error: unknown) => error)).toMatchObject({ note: '' })
  })

  test('is AUTHORITY_UNAVAILABLE while the authority is away; a token that is held still serves', async () => {
    const other = await startOther()
    const { warehouse } = await warehouseOf('orders', other)
    await warehouse.pick({}, { scopes: ['warehouse.pick'] })
    await other.authority.close()
    const failure = await failureOf(warehouse.pick({}))
    expect(failure).toMatchObject({ status: status.UNAVAILABLE, reason: 'AUTHORITY_UNAVAILABLE' })
    await warehouse.pick({}, { scopes: ['warehouse.pick'] })
    await warehouse.count({})
  })

  test('is no more once an authority that was started anew has published its key', async () => {
    const policy = 'grants: [{ caller: orders, audience: warehouse, scopes: [warehouse.pick] }]'
    const other = await startOther({ policy })
    const { warehouse } = await warehouseOf('orders', other)
    await warehouse.pick({})
    const { port } = other.authority.address
    await other.authority.close()
    const again = await startAuthority({ pki: other.pki, policy, port })
    onTestFinished(() => again.close())
    expect(formatAddress(again.address)).toBe(formatAddress(other.authority.address))
    await new Promise((resolve) => setTimeout(resolve, 1_500)) // both trust feeds connect again
    expect(await warehouse.pick({ sku: 'tea' }).catch((error: unknown) => error)).toMatchObject({ note: 'tea' })
  })
})
