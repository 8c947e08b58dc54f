import { status } from '@grpc/grpc-js'
import { joinMesh } from 'countersign'
import type { PricesHandlers } from './gen/prices/v1/Prices.ts'
import { Prices } from './protos.ts'

const handlers: PricesHandlers = {
  Lookup(call, callback) {
    if (call.request.sku === 'tea') callback(null, { cents: 450 })
    else callback({ code: status.NOT_FOUND, details: 'No such thing is sold here.' })
  },
}

const workload = await joinMesh({ service: 'prices' })
const server = workload.createServer()
server.addService(Prices.service, handlers)
await server.listen('localhost:8460')
