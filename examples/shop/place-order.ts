/** Buys tea, as a kiosk of the shop would. Run it as `node place-order.ts [ADDRESS OF STOREFRONT]`. */

import { joinMesh } from 'countersign'
import { Storefront } from './protos.ts'

const [address = 'localhost:8450'] = process.argv.slice(2)

const workload = await joinMesh({ service: 'kiosk' })
const storefront = workload.createClient(Storefront, 'storefront', address)
const { orderId } = await storefront.checkout({ sku: 'tea', quantity: 2 })
process.stdout.write(`Order ${orderId} is placed.\n`)
await workload.close()
