import { credentials } from '@grpc/grpc-js'
import { Prices } from './protos.ts'

const prices = new Prices('localhost:8460', credentials.createInsecure())
prices.lookup({ sku: 'tea' }, (error, response) => {
  if (error) throw error
  process.stdout.write(`Tea costs ${response?.cents} cents.\n`)
  prices.close()
})
