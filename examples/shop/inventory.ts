/** Keeps stock. Run it as `node inventory.ts [ADDRESS]`. */

import { status } from '@grpc/grpc-js'
import { createLogger, joinMesh } from 'countersign'
import { Inventory } from './protos.ts'
import { Stock } from './stock.ts'
import { untilStopped } from './until-stopped.ts'

const [address = 'localhost:8452'] = process.argv.slice(2)
const stock = new Stock({ tea: 1000 })
const OUT_OF_STOCK = { code: status.FAILED_PRECONDITION, details: 'There is not enough in stock.' }

const logger = createLogger('inventory', { level: process.env['LOG_LEVEL'] ?? 'info' })
const workload = await joinMesh({ service: 'inventory', logger })
const server = workload.createServer()
server.addService(Inventory, {
  async reserve({ request }) {
    if (!stock.take(request.sku, request.quantity)) throw OUT_OF_STOCK
    return { reservationId: crypto.randomUUID() }
  },
  async restock({ request }) {
    stock.add(request.sku, request.quantity)
    return {}
  },
  watch: (_call, { cancelled }) => stock.watch(AbortSignal.any([cancelled, server.closing])),
})
await server.listen(address)
await untilStopped(workload)
