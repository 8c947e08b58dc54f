import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { parseAddress } from '../../src/core/address.ts'
import { parseServicePath } from '../../src/identity/service-id.ts'
import { createServiceClient } from '../../src/interceptor/service-client.ts'
import { TrustState } from '../../src/trust/trust-state.ts'
import { Generation } from '../../src/workload/generation.ts'
import { startAuthority } from '../support/authority.ts'
import { CALL_KINDS, callOurs, handlersOfAllKinds, type WarehouseServiceClient } from '../support/call-kinds.ts'
import { capturingLogger } from '../support/log.ts'
import { startMesh, type TestMesh } from '../support/mesh.ts'
import { Warehouse } from '../support/warehouse.ts'

const POLICY = `
grants:
  - caller: orders
    audience: warehouse
    scopes: [warehouse.pick, warehouse.store, warehouse.follow, warehouse.exchange]
`

/** A client of `orders` that holds a token, and never hears of new keys: a feed may always be a moment late. */
async function clientThatHearsNothing({ pki, authority, address }: TestMesh) {
  const log = capturingLogger()
  const generation = new Generation(pki.credential('orders'), authority.address, new TrustState(), log, Date.now)
  onTestFinished(() => generation.close())
  const channel = generation.openChannel(parseServicePath('warehouse'), parseAddress(address))
  const client: WarehouseServiceClient = createServiceClient(Warehouse, channel, log)
  await client.pick({ sku: 'first' })
  return { client, log }
}

describe('an authority that starts again with another key', () => {
  test('costs a call one refusal, which its caller does not notice', async () => {
    const handled: string[] = []
    const handlers = handlersOfAllKinds(async function* ({ kind, requests }) {
      for await (const { sku } of requests) handled.push(`${kind} ${sku}`)
      yield { note: kind }
    })
    const mesh = await startMesh(handlers, { policy: POLICY })
    onTestFinished(() => mesh.close())
    const clients = []
    for (const kind of CALL_KINDS) clients.push({ kind, ...(await clientThatHearsNothing(mesh)) })

    await mesh.authority.close()
    const { port } = mesh.authority.address
    const authority = await startAuthority({ pki: mesh.pki, policy: POLICY, port })
    onTestFinished(() => authority.close())
    await vi.waitUntil(() => mesh.log.lines.some(({ message }) => message === 'trust feed restored'), {
      timeout: 5_000,
    })

    for (const { kind, client, log } of clients) {
      const issued = authority.issued()
      const refused = refusals(mesh)
      handled.length = 0
      expect(await callOurs(client, kind)).toMatchObject([{ note: kind }])
      expect(handled).toEqual([`${kind} tea`])
      expect(authority.issued() - issued).toBe(1)
      expect(refusals(mesh).slice(refused.length)).toEqual(['TOKEN_INVALID'])
      expect(log.lines.map(({ message, fields }) => [message, fields])).toEqual([
        ['token refused, asking for another', expect.objectContaining({ code: 'TOKEN_INVALID' })],
      ])
    }
  })
})

function refusals({ log }: TestMesh): unknown[] {
  return log.lines.filter(({ message }) => message === 'call refused').map(({ fields }) => fields['code'])
}
