import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Inventory, Storefront } from '../../examples/shop/protos.ts'
import { formatAddress } from '../../src/core/address.ts'
import { CallError } from '../../src/interceptor/call-error.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { startAuthority, type TestAuthority } from '../support/authority.ts'
import { joinAs } from '../support/mesh.ts'
import { createTestCa } from '../support/pki.ts'

const SHOP = join(import.meta.dirname, '../../examples/shop')
const POLICY = `${readFileSync(join(SHOP, 'policy.yaml'), 'utf8')}
  - { caller: depot, audience: inventory, scopes: [inventory.restock] }
`
const pki = createTestCa()
const credentials = mkdtempSync(join(tmpdir(), 'countersign-'))

let authority: TestAuthority

beforeAll(async () => {
  for (const service of ['inventory', 'orders', 'storefront']) {
    const { certificateChain, privateKey, bundle } = pki.material(service)
    writeFileSync(join(credentials, `${service}.pem`), certificateChain)
    writeFileSync(join(credentials, `${service}.key`), privateKey)
    writeFileSync(join(credentials, 'bundle.pem'), bundle)
  }
  authority = await startAuthority({ pki, policy: POLICY })
})
afterAll(async () => {
  await authority.close()
  rmSync(credentials, { recursive: true })
})

interface Service {
  readonly process: ChildProcess
  readonly address: string
  readonly ended: Promise<unknown>
  /** Waits for a text in the log. */
  logged(text: string): Promise<unknown>
}

/** One of the shop's programs, as a process of its own. */
async function start(service: string, ...addresses: readonly string[]): Promise<Service> {
  const program = join(SHOP, `${service}.ts`)
  const child = spawn(process.execPath, ['--conditions=source', program, ...addresses], {
    env: {
      ...process.env,
      COUNTERSIGN_AUTHORITY: formatAddress(authority.address),
      COUNTERSIGN_CREDENTIALS: credentials,
      LOG_LEVEL: 'debug',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  const address = await vi.waitUntil(() => /"address":"([^"]+)"/.exec(output)?.[1], { timeout: 10_000 })
  const logged = (text: string) => vi.waitUntil(() => output.includes(text), { timeout: 10_000 })
  return { process: child, address, ended, logged }
}

async function startShop() {
  const inventory = await start('inventory', 'localhost:0')
  const orders = await start('orders', 'localhost:0', inventory.address)
  const storefront = await start('storefront', 'localhost:0', orders.address, inventory.address)
  return { inventory, orders, storefront }
}

async function joinedAs(service: string): Promise<Workload> {
  const workload = await joinAs(pki.credential(service), authority.address)
  onTestFinished(() => workload.close())
  return workload
}

function statusOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'OK',
    (error: unknown) => (error instanceof CallError ? (status[error.status] ?? '') : String(error)),
  )
}

/** Calls until it ends in a way. */
async function untilEnds(expected: string, call: () => Promise<string>): Promise<void> {
  await vi.waitUntil(async () => (await call()) === expected, { timeout: 15_000 })
}

describe('the shop', { timeout: 40_000 }, () => {
  test('sells what is in stock, and learns of changes', async () => {
    const { inventory, storefront } = await startShop()
    const kiosk = (await joinedAs('kiosk')).createClient(Storefront, 'storefront', storefront.address)
    const depot = (await joinedAs('depot')).createClient(Inventory, 'inventory', inventory.address)

    expect(await kiosk.checkout({ sku: 'tea', quantity: 1000 })).toEqual({
      orderId: expect.stringMatching(/^[\da-f-]{36}$/),
    })
    const buy = (quantity: number) => statusOf(kiosk.checkout({ sku: 'tea', quantity }))
    await untilEnds('FAILED_PRECONDITION', () => buy(1))
    expect(await depot.restock({ sku: 'tea', quantity: 3 })).toEqual({})
    await untilEnds('OK', () => buy(2))
    await untilEnds('FAILED_PRECONDITION', () => buy(2))
    expect(await buy(1)).toBe('OK')
  })

  test('goes on when inventory was started anew', async () => {
    const { inventory, storefront } = await startShop()
    const kiosk = (await joinedAs('kiosk')).createClient(Storefront, 'storefront', storefront.address)
    inventory.process.kill('SIGKILL')
    await inventory.ended
    const buy = (quantity: number) => statusOf(kiosk.checkout({ sku: 'tea', quantity }))
    expect(await buy(1)).not.toBe('OK')
    await start('inventory', inventory.address)
    await untilEnds('OK', () => buy(1))
    // Not INTERNAL, as it is where orders learns it: storefront knows the stock again.
    await untilEnds('FAILED_PRECONDITION', () => buy(1000))
  })

  test.each([
    ['inventory', 'storefront', 'orders'],
    ['storefront', 'orders', 'inventory'],
  ] as const)('ends soon when it is told to, with a stream under way: first %s', async (...services) => {
    const shop = await startShop()
    await shop.inventory.logged('/shop.v1.Inventory/Watch')
    const start = Date.now()
    for (const service of services) {
      shop[service].process.kill('SIGTERM')
      expect(await shop[service].ended, service).toEqual([0, null])
    }
    expect(Date.now() - start).toBeLessThan(8_000) // a stream that does not end by itself is given 10 s
  })
})

describe('the inventory of the shop', () => {
  test('gives away no more than it has', async () => {
    const { address } = await start('inventory', 'localhost:0')
    const orders = (await joinedAs('orders')).createClient(Inventory, 'inventory', address)
    expect(await statusOf(orders.reserve({ sku: 'tea', quantity: 1001 }))).toBe('FAILED_PRECONDITION')
    expect(await statusOf(orders.reserve({ sku: 'something else', quantity: 1 }))).toBe('FAILED_PRECONDITION')
    expect(await statusOf(orders.reserve({ sku: 'tea', quantity: 1000 }))).toBe('OK')
    expect(await statusOf(orders.reserve({ sku: 'tea', quantity: 1 }))).toBe('FAILED_PRECONDITION')
  })

  test('tells what is in stock, and each change until nobody listens', async () => {
    const { address } = await start('inventory', 'localhost:0')
    const orders = (await joinedAs('orders')).createClient(Inventory, 'inventory', address)
    const depot = (await joinedAs('depot')).createClient(Inventory, 'inventory', address)
    const storefront = (await joinedAs('storefront')).createClient(Inventory, 'inventory', address)
    const levels: unknown[] = []
    for await (const level of storefront.watch({})) {
      levels.push(level)
      if (levels.length === 1) await orders.reserve({ sku: 'tea', quantity: 4 })
      else if (levels.length === 2) await depot.restock({ sku: 'rum', quantity: 7 })
      else break
    }
    expect(levels).toEqual([
      { sku: 'tea', available: 1000 },
      { sku: 'tea', available: 996 },
      { sku: 'rum', available: 7 },
    ])
  })
})
