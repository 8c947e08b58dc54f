import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { formatAddress } from '../../src/core/address.ts'
import { IN_MEMORY, openStore } from '../../src/store/open.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { startAuthority, type TestAuthority } from '../support/authority.ts'
import { capturingLogger } from '../support/log.ts'
import { createTestCa } from '../support/pki.ts'
import { plainHandlers, Warehouse } from '../support/warehouse.ts'

const policy = `
grants:
  - { caller: orders, audience: warehouse, scopes: [warehouse.pick] }
  - { caller: orders, audience: countersign/authority, scopes: [trust.revoke] }
`
const pki = createTestCa()

let both: readonly TestAuthority[]
let orders: Workload
let warehouse: Workload
let pick: () => Promise<object>

beforeEach(async () => {
  const store = await openStore(IN_MEMORY, { create: true })
  onTestFinished(() => store.close())
  const first = await startAuthority({ pki, policy, store })
  both = [first, await startAuthority({ pki, policy, store })]
  onTestFinished(async () => void (await Promise.all(both.map((authority) => authority.close()))))
  const join = async (service: string) => {
    const authorities = both.map(({ address }) => address)
    const options = { authorities, logger: capturingLogger(), clock: Date.now }
    const workload = await joinWith(pki.credential(service), options)
    onTestFinished(() => workload.close())
    return workload
  }
  orders = await join('orders')
  warehouse = await join('warehouse')
  const server = warehouse.createServer()
  server.addService(Warehouse, plainHandlers)
  const address = formatAddress(await server.listen('localhost:0'))
  // A client of its own for each call has no token yet.
  pick = async () => (await join('orders')).createClient(Warehouse, 'warehouse', address).pick({})
})

const settled = (workload: Workload, sequence: number) =>
  vi.waitUntil(() => (workload.trust.revision?.sequence ?? 0) >= sequence, { interval: 2, timeout: 5_000 })

describe('with two authorities on one store', () => {
  for (const stopped of [0, 1]) {
    test(`services go on with either of them: number ${stopped + 1} stops`, async () => {
      expect(await pick()).toMatchObject({ note: 'picked' })
      await both[stopped]?.close()
      expect(await pick()).toMatchObject({ note: 'picked' })
      const revision = await orders.revoke({ tokenId: 'one' })
      for (const workload of [orders, warehouse]) await settled(workload, revision?.sequence ?? Number.NaN)
      expect(both[1 - stopped]?.trust.entryCount).toBe(1)
    })
  }

  test('tokens of both are good everywhere, whichever a verifier follows', async () => {
    const before = both.map((authority) => authority.issued())
    for (let count = 0; count < 12; count += 1) expect(await pick()).toMatchObject({ note: 'picked' })
    const issued = both.map((authority, index) => authority.issued() - (before[index] ?? 0))
    expect(issued.reduce((sum, each) => sum + each)).toBe(12)
  })
})
