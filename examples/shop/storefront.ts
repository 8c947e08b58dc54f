/** Sells. Run it as `node storefront.ts [ADDRESS] [ADDRESS OF ORDERS] [ADDRESS OF INVENTORY]`. */

import { setTimeout } from 'node:timers/promises'
import { status } from '@grpc/grpc-js'
import { createLogger, joinMesh } from 'countersign'
import { Inventory, Orders, Storefront } from './protos.ts'
import { untilStopped } from './until-stopped.ts'

const [address = 'localhost:8450', ordersAddress = 'localhost:8451', inventoryAddress = 'localhost:8452'] =
  process.argv.slice(2)
const available = new Map<string, number>()
const SOLD_OUT = { code: status.FAILED_PRECONDITION, details: 'This is sold out.' }

const logger = createLogger('storefront', { level: process.env['LOG_LEVEL'] ?? 'info' })
const workload = await joinMesh({ service: 'storefront', logger })
const orders = workload.createClient(Orders, 'orders', ordersAddress)
const inventory = workload.createClient(Inventory, 'inventory', inventoryAddress)
const server = workload.createServer()
server.addService(Storefront, {
  async checkout({ request }) {
    if (request.quantity > (available.get(request.sku) ?? Infinity)) throw SOLD_OUT
    const { orderId } = await orders.place({ sku: request.sku, quantity: request.quantity })
    return { orderId }
  },
})
await server.listen(address)
void followStock(server.closing)
await untilStopped(workload)

/** Keeps in mind what is in stock. Follows again when a stream has ended: none lasts longer than its connection. */
async function followStock(ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    try {
      for await (const level of inventory.watch({}, { signal: ended })) available.set(level.sku, level.available)
    } catch (error) {
      if (!ended.aborted) logger.warn({ err: error }, 'cannot follow the stock')
    }
    await setTimeout(1000, undefined, { signal: ended }).catch(() => {})
  }
}
