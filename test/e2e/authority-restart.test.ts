import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { formatAddress, parseAddress } from '../../src/core/address.ts'
import { parseServicePath } from '../../src/identity/service-id.ts'
import { createServiceClient } from '../../src/interceptor/service-client.ts'
import { IN_MEMORY, openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { Generation } from '../../src/workload/generation.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import { startAuthority, type TestAuthority } from '../support/authority.ts'
import { CALL_KINDS, callOurs, handlersOfAllKinds, type WarehouseServiceClient } from '../support/call-kinds.ts'
import { capturingLogger } from '../support/log.ts'
import { createTestCa } from '../support/pki.ts'
import { trustIn } from '../support/trust.ts'
import { Warehouse } from '../support/warehouse.ts'

const policy = `
grants:
  - caller: orders
    audience: warehouse
    scopes: [warehouse.pick, warehouse.store, warehouse.follow, warehouse.exchange]
`
const pki = createTestCa()

let store: Store
let authority: TestAuthority
let address: string
let handled: string[]
/** Of the warehouse. */
let log: ReturnType<typeof capturingLogger>

beforeEach(async () => {
  store = await openStore(IN_MEMORY, { create: true })
  onTestFinished(() => store.close())
  authority = await startAuthority({ pki, policy, store })
  onTestFinished(() => authority.close())
  log = capturingLogger()
  const options = { authorities: [authority.address], logger: log, clock: Date.now }
  const warehouse = await joinWith(pki.credential('warehouse'), options)
  onTestFinished(() => warehouse.close())
  handled = []
  const server = warehouse.createServer()
  const handlers = handlersOfAllKinds(async function* ({ kind, requests }) {
    for await (const { sku } of requests) handled.push(`${kind} ${sku}`)
    yield { note: kind }
  })
  server.addService(Warehouse, handlers)
  address = formatAddress(await server.listen('localhost:0'))
})

/** A client of `orders` that holds a token, and never hears of keys: a feed may always be a moment late. */
async function clientThatHearsNothing() {
  const logger = capturingLogger()
  const credential = pki.credential('orders')
  const authorities = [authority.address]
  const generation = new Generation({ credential, authorities, trust: trustIn({ pki }), logger, clock: Date.now })
  onTestFinished(() => generation.close())
  const channel = generation.openChannel(parseServicePath('warehouse'), parseAddress(address))
  const client: WarehouseServiceClient = createServiceClient(Warehouse, channel, logger)
  await client.pick({ sku: 'first' })
  handled.length = 0
  return { client, log: logger }
}

async function restart(): Promise<void> {
  const { port } = authority.address
  await authority.close()
  authority = await startAuthority({ pki, policy, store, port })
  await vi.waitUntil(() => log.lines.some(({ message }) => message === 'trust feed restored'), { timeout: 12_000 })
}

const keyIds = () => [...(authority.trust.current?.keys.keys() ?? [])]

const refusals = () => log.lines.filter(({ message }) => message === 'call refused').map(({ fields }) => fields['code'])

describe('an authority that starts again', () => {
  test('signs with another key, and forgets none whose tokens live: they are good', async () => {
    const [former] = keyIds()
    const { client, log: told } = await clientThatHearsNothing()
    await restart()
    expect(keyIds()).toEqual([former, expect.any(String)])
    expect(await callOurs(client, 'unary')).toMatchObject([{ note: 'unary' }])
    expect([authority.issued(), refusals(), told.lines]).toEqual([0, [], []])
  }, 15_000)

  test('costs a call one refusal where the former key is revoked, and its caller does not notice', async () => {
    const [former = ''] = keyIds()
    const clients = []
    for (const kind of CALL_KINDS) clients.push({ kind, ...(await clientThatHearsNothing()) })
    await restart()
    const revoked = { kind: 'signingKey', id: former, until: Math.floor(Date.now() / 1000) + 4_000 } as const
    await store.trustLog.append([revoked], { by: 'operator:test', at: Date.now(), reason: '' })

    await vi.waitUntil(() => !keyIds().includes(former), { timeout: 2_000 })
    await new Promise((resolve) => setTimeout(resolve, 100))
    for (const { kind, client, log: told } of clients) {
      const issued = authority.issued()
      const refused = refusals().length
      handled.length = 0
      expect(await callOurs(client, kind)).toMatchObject([{ note: kind }])
      expect(handled).toEqual([`${kind} tea`])
      expect(authority.issued() - issued).toBe(1)
      expect(refusals().slice(refused)).toEqual(['TOKEN_INVALID'])
      expect(told.lines.map(({ message, fields }) => [message, fields])).toEqual([
        ['token refused, asking for another', expect.objectContaining({ code: 'TOKEN_INVALID' })],
      ])
    }
  }, 15_000)
})
