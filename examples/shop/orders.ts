/** Takes orders, and reserves what they need. Run it as `node orders.ts [ADDRESS] [ADDRESS OF INVENTORY]`. */

import { createLogger, joinMesh } from 'countersign'
import { Inventory, Orders } from './protos.ts'
import { untilStopped } from './until-stopped.ts'

const [address = 'localhost:8451', inventoryAddress = 'localhost:8452'] = process.argv.slice(2)

const logger = createLogger('orders', { level: process.env['LOG_LEVEL'] ?? 'info' })
const workload = await joinMesh({ service: 'orders', logger })
const inventory = workload.createClient(Inventory, 'inventory', inventoryAddress)
const server = workload.createServer()
server.addService(Orders, {
  async place({ request }) {
    await inventory.reserve({ sku: request.sku, quantity: request.quantity })
    return { orderId: crypto.randomUUID() }
  },
})
await server.listen(address)
await untilStopped(workload)
