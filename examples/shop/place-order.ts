/** Orders tea, as the storefront would. Run it as `node place-order.ts [ADDRESS OF ORDERS]`. */

import { joinMesh } from 'countersign'
import { Orders } from './protos.ts'

const [address = 'localhost:50051'] = process.argv.slice(2)

const workload = await joinMesh({ service: 'storefront' })
const orders = workload.createClient(Orders, 'orders', address)
const { orderId, remaining } = await orders.place({ sku: 'tea', quantity: 2 })
process.stdout.write(`Order ${orderId} is placed, ${remaining} are left.\n`)
await workload.close()
