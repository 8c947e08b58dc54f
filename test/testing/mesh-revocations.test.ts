import { X509Certificate } from 'node:crypto'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { formatAddress } from '../../src/core/address.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { channelCredentials } from '../../src/testing/stock-client.ts'
import { startTestMesh, type TestMesh } from '../../src/testing/test-mesh.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { callPlainly } from '../support/plain-client.ts'
import { refusalOf } from '../support/refusal.ts'
import { plainHandlers, Warehouse } from '../support/warehouse.ts'

const MINUTE_MS = 60_000

let mesh: TestMesh
let orders: Workload
let ownCredential: Credential
let client: ReturnType<typeof createClient>
let address: string

beforeEach(async () => {
  mesh = await startTestMesh({
    policy: { grants: [{ caller: 'orders', audience: 'warehouse', scopes: ['warehouse.pick'] }] },
  })
  onTestFinished(() => mesh.close())
  const server = (await mesh.join('warehouse')).createServer()
  server.addService(Warehouse, plainHandlers)
  address = formatAddress(await server.listen('localhost:0'))
  ownCredential = mesh.credential('orders')
  orders = await mesh.join(ownCredential)
  client = createClient(orders)
})

const createClient = (workload: Workload) => workload.createClient(Warehouse, 'warehouse', address)

function mint(caller = ownCredential): string {
  return mesh.token({ caller, audience: 'warehouse', scopes: ['warehouse.pick'] })
}

/** What a call comes to that brings a token. */
async function use(token: string, caller = ownCredential) {
  const { status, reason } = await callPlainly(address, channelCredentials(caller, token))
  return reason ?? status
}

describe('in a test mesh', () => {
  test('what was revoked is refused as soon as that resolves', async () => {
    const [revoked, other] = [mint(), mint()]
    await mesh.revoke({ token: revoked }, 'stolen')
    expect([await use(revoked), await use(other)]).toEqual(['TOKEN_REVOKED', 'OK'])
  })

  test('a service falls with its tokens and certificates, and joins anew with others', async () => {
    await client.pick({})
    const token = mint()
    const shipping = mesh.credential('shipping')
    await mesh.revoke({ service: 'orders' })
    await expect(client.pick({})).rejects.toMatchObject({ status: expect.any(Number) })
    expect(await use(token)).not.toBe('OK')
    expect(await use(mint(shipping), shipping)).toBe('OK')

    mesh.clock.advance(31_000)
    expect(await createClient(await mesh.join('orders')).pick({})).toMatchObject({ note: 'picked' })
  })

  test('a certificate falls by its serial number, however that is written', async () => {
    const [one, other] = [mesh.credential('orders'), mesh.credential('orders')]
    const { serialNumber } = new X509Certificate(one.certificateChain)
    await mesh.revoke({ certificate: serialNumber.replaceAll(/..(?=.)/g, '$&:') })
    expect(await use(mint(one), one)).not.toBe('OK')
    expect(await use(mint(other), other)).toBe('OK')
  })

  test('a service that is blocked is refused until it is unblocked, and then goes on', async () => {
    await client.pick({})
    const token = mint()
    await mesh.block('orders')
    await expect(client.pick({})).rejects.toMatchObject({ name: 'CallError' })
    expect(await use(token)).not.toBe('OK')
    await mesh.unblock('orders')
    // The connections that it had are cut a moment after the block, with the calls that are on them then.
    await vi.waitFor(async () => expect(await client.pick({})).toMatchObject({ note: 'picked' }))
    await vi.waitFor(async () => expect(await use(token)).toBe('OK'))
  })

  test('what is no target, or no service, is refused', async () => {
    await expect(mesh.revoke({} as never)).rejects.toThrow(TypeError)
    await refusalOf('REQUEST_INVALID', () => mesh.block('/orders'))
    await refusalOf('REQUEST_INVALID', () => mesh.revoke({ subject: 'spiffe://elsewhere.internal/orders' }))
  })

  test('nobody is waited for who has left', async () => {
    await orders.close()
    await mesh.revoke({ tokenId: 'one' })
  })

  test('tokens are minted with a key that is in force, also after it was rotated', async () => {
    const keyOf = (token: string) => Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()
    const before = mint()
    mesh.clock.advance(8 * 60 * MINUTE_MS)
    expect(await client.pick({})).toMatchObject({ note: 'picked' })
    await vi.waitUntil(() => keyOf(mint()) !== keyOf(before), { interval: 5 })
    expect(await use(mint())).toBe('OK')
  })
})

describe('when its clock is moved', () => {
  test('the next call succeeds each time, though all that was known is too old by then', async () => {
    for (const passed of [10 * MINUTE_MS, 6 * MINUTE_MS, 60 * MINUTE_MS, 1_000, 14_000, 16_000]) {
      mesh.clock.advance(passed)
      expect(await client.pick({})).toMatchObject({ note: 'picked' })
    }
  })

  test('while no authority is there, calls are refused after five minutes and not before', async () => {
    const token = mint()
    await mesh.authority.close()
    mesh.clock.advance(4 * MINUTE_MS)
    expect(await use(token)).toBe('OK')
    mesh.clock.advance(2 * MINUTE_MS)
    expect(await use(token)).toBe('VERIFIER_NOT_READY')
  })
})
