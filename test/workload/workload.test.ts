import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatAddress } from '../../src/core/address.ts'
import { startMesh, type TestMesh } from '../support/mesh.ts'
import { plainHandlers, Warehouse } from '../support/warehouse.ts'

const POLICY = `
grants:
  - { caller: orders, audience: warehouse, scopes: [warehouse.pick] }
  - { caller: storefront, audience: orders, scopes: [warehouse.pick] }
`
let mesh: TestMesh

beforeAll(async () => {
  mesh = await startMesh(plainHandlers, { policy: POLICY })
})
afterAll(() => mesh.close())

describe('a workload that closes', () => {
  test('lets a handler finish that calls another service meanwhile', async () => {
    const orders = await mesh.join('orders')
    const warehouse = orders.createClient(Warehouse, 'warehouse', mesh.address)
    const server = orders.createServer()
    server.addService(Warehouse, {
      ...plainHandlers,
      async pick({ request }) {
        await setTimeout(300)
        const { note } = await warehouse.pick(request)
        return { note: `by way of ${note}` }
      },
    })
    const address = formatAddress(await server.listen('localhost:0'))
    const storefront = await mesh.join('storefront')
    const underWay = storefront.createClient(Warehouse, 'orders', address).pick({ sku: 'tea' })
    await setTimeout(150)
    await orders.close()
    expect(await underWay).toMatchObject({ note: expect.stringContaining('by way of') })
  })

  test('makes no more servers and clients', async () => {
    const orders = await mesh.join('orders')
    await orders.close()
    expect(() => orders.createServer()).toThrow(TypeError)
    expect(() => orders.createClient(Warehouse, 'warehouse', mesh.address)).toThrow(TypeError)
  })

  test('may be closed again', async () => {
    const orders = await mesh.join('orders')
    await orders.close()
    await orders.close()
  })
})
