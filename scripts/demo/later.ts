import { joinMesh, silentLogger, type Workload } from 'countersign'
import { Inventory } from '../../examples/shop/protos.ts'
import type { Clock } from '../../src/core/clock.ts'

/** An inventory as it would be at another time: it runs in this process, with a clock of its own. */
export interface LaterInventory {
  readonly address: string
  readonly workload: Workload
}

export async function startLaterInventory(
  authority: string,
  credentials: string,
  clock: Clock,
): Promise<LaterInventory> {
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
