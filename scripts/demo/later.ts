import { joinMesh, silentLogger, type Workload } from 'countersign'
import { Inventory } from '../../examples/shop/protos.ts'
import { systemClock } from '../../src/core/clock.ts'

/** An inventory as it would be later: its clock is ten minutes ahead, so that no token of now is good any more. */
export interface LaterInventory {
  readonly address: string
  readonly workload: Workload
}

const TEN_MINUTES_MS = 10 * 60 * 1000

export async function startLaterInventory(authority: string, credentials: string): Promise<LaterInventory> {
  const clock = () => systemClock() + TEN_MINUTES_MS
  const workload = await joinMesh({ service: 'inventory', authority, credentials, logger: silentLogger, clock })
  const server = workload.createServer()
  server.addService(Inventory, {
    reserve: async () => ({}),
    restock: async () => ({}),
    async *watch() {
      yield {}
    },
  })
  const { host, port } = await server.listen('localhost:0')
  return { address: `${host}:${port}`, workload }
}
