import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import type { PricesHandlers } from './gen/prices/v1/Prices.ts'
import { Prices } from './protos.ts'

const handlers: PricesHandlers = {
  Lookup(call, callback) {
    if (call.request.sku === 'tea') callback(null, { cents: 450 })
    else callback({ code: status.NOT_FOUND, details: 'No such thing is sold here.' })
  },
}

const server = new Server()
server.addService(Prices.service, handlers)
server.bindAsync('localhost:8460', ServerCredentials.createInsecure(), (error) => {
  if (error) throw error
})
