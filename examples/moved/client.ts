import { joinMesh } from 'countersign'
import { Prices } from './protos.ts'

const workload = await joinMesh({ service: 'till' })
const prices = workload.createCallbackClient(Prices, 'prices', 'localhost:8460')
prices.lookup({ sku: 'tea' }, (error, response) => {
  if (error) throw error
  process.stdout.write(`Tea costs ${response?.cents} cents.\n`)
  workload.close()
})
