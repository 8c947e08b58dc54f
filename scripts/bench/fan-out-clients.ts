/** Listens to the bare fan-out, over as many connections as it is told. */

import type { ClientReadableStream } from '@grpc/grpc-js'
import type { CredentialMaterial } from 'countersign'
import { Arrivals } from './arrivals.ts'
import { FanOut } from './protos.ts'
import { stockCredentials } from './stock-client.ts'
import { answerRequests } from './worker.ts'

export interface ListenersSetUp {
  readonly materials: readonly CredentialMaterial[]
  readonly address: string
}

const arrivals = new Arrivals()
let client: InstanceType<typeof FanOut> | undefined

answerRequests({
  start: async ({ materials, address }: ListenersSetUp) => {
    arrivals.expect(materials.length)
    for (const material of materials) listen(material, address)
    await arrivals.all
  },
  /** To publish, and not to listen. */
  connect: async ({ materials: [material], address }: ListenersSetUp) => {
    if (material !== undefined) client = new FanOut(address, stockCredentials(material))
  },
  expect: async () => arrivals.expect(),
  lastArrival: () => arrivals.all,
  publish: async (text: string) => {
    const begin = process.hrtime.bigint()
    await new Promise<void>((resolve, reject) =>
      client?.publish({ text }, (error) => (error ? reject(error) : resolve())),
    )
    return begin
  },
})

function listen(material: CredentialMaterial, address: string): void {
  const own = new FanOut(address, stockCredentials(material), { 'grpc.use_local_subchannel_pool': 1 })
  const stream: ClientReadableStream<object> = own.listen({})
  stream.on('data', () => arrivals.note())
}
