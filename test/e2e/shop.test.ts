import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Inventory } from '../../examples/shop/protos.ts'
import { formatAddress } from '../../src/core/address.ts'
import { CallError } from '../../src/interceptor/call-error.ts'
import type { ClientCallOptions } from '../../src/interceptor/call-options.ts'
import type { ServiceClient } from '../../src/interceptor/service-types.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { startAuthority, type TestAuthority } from '../support/authority.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { joinAs } from '../support/mesh.ts'
import { createTestCa } from '../support/pki.ts'

const PROGRAM = fileURLToPath(new URL('../../examples/shop/inventory.ts', import.meta.url))
const POLICY = 'grants: [{ caller: orders, audience: inventory, scopes: [inventory.reserve, inventory.restock] }]'
const pki = createTestCa()

let authority: TestAuthority
let orders: Workload

beforeAll(async () => {
  authority = await startAuthority({ pki, policy: POLICY })
  orders = await joinAs(pki.credential('orders'), authority.address)
})
afterAll(async () => {
  await orders.close()
  await authority.close()
})

/** The shop's inventory as a process of its own, and a client of it. */
async function startInventory() {
  const credentials = await temporaryDirectory()
  const { certificateChain, privateKey, bundle } = pki.material('inventory')
  await writeFile(join(credentials, 'inventory.pem'), certificateChain)
  await writeFile(join(credentials, 'inventory.key'), privateKey)
  await writeFile(join(credentials, 'bundle.pem'), bundle)
  const child = spawn(process.execPath, ['--conditions=source', PROGRAM, 'localhost:0'], {
    env: {
      ...process.env,
      COUNTERSIGN_AUTHORITY: formatAddress(authority.address),
      COUNTERSIGN_CREDENTIALS: credentials,
    },
  })
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  const ended = once(child, 'exit')
  onTestFinished(() => void child.kill('SIGKILL'))
  const address = await vi.waitUntil(() => /"address":"([^"]+)"/.exec(output)?.[1], { timeout: 10_000 })
  const client: ServiceClient<typeof Inventory, ClientCallOptions> = orders.createClient(
    Inventory,
    'inventory',
    address,
  )
  return { client, kill: (signal: NodeJS.Signals) => child.kill(signal), ended, output: () => output }
}

describe('the inventory of the shop', () => {
  test('keeps stock, gives away no more than it has, and ends when it is told to', async () => {
    const { client, kill, ended, output } = await startInventory()
    const { remaining } = await client.reserve({ sku: 'tea', quantity: 1 })
    expect(await client.restock({ sku: 'tea', quantity: 3 })).toEqual({ remaining: remaining + 3 })

    for (const request of [
      { sku: 'tea', quantity: remaining + 4 },
      { sku: 'something else', quantity: 1 },
    ]) {
      const answer = await client.reserve(request).catch((error: unknown) => error)
      expect.soft(answer, JSON.stringify(request)).toBeInstanceOf(CallError)
    }
    expect.soft(await client.reserve({ sku: 'tea', quantity: remaining + 3 })).toMatchObject({ remaining: 0 })

    kill('SIGTERM')
    expect(await ended, output()).toEqual([0, null])
  })
})
