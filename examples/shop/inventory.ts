/** Keeps stock. Run it as `node inventory.ts [ADDRESS]`. */

import { status } from '@grpc/grpc-js'
import { createLogger, joinMesh } from 'countersign'
import { Inventory } from './protos.ts'
import { untilStopped } from './until-stopped.ts'

const [address = 'localhost:50052'] = process.argv.slice(2)
const stock = new Map([['tea', 1000]])
const OUT_OF_STOCK = { code: status.FAILED_PRECONDITION, details: 'There is not enough in stock.' }

const logger = createLogger('inventory', { level: process.env['LOG_LEVEL'] ?? 'info' })
const workload = await joinMesh({ service: 'inventory', logger })
const server = workload.createServer()
server.addService(Inventory, {
  async reserve({ request }) {
    if (request.quantity > (stock.get(request.sku) ?? 0)) throw OUT_OF_STOCK
    return { reservationId: crypto.randomUUID(), remaining: change(request.sku, -request.quantity) }
  },
  async restock({ request }) {
    return { remaining: change(request.sku, request.quantity) }
  },
})
await server.listen(address)
await untilStopped(workload)

function change(sku: string, quantity: number): number {
  const remaining = (stock.get(sku) ?? 0) + quantity
  stock.set(sku, remaining)
  return remaining
}
