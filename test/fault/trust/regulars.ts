import { messageOf } from '../../../src/core/errors.ts'
import type { Workload } from '../../../src/workload/workload.ts'
import { CALL_KINDS, callOurs, type WarehouseServiceClient } from '../../support/call-kinds.ts'
import { Warehouse } from '../../support/warehouse.ts'

/** Callers against whom nothing speaks. They call without end, all kinds of call in turn, and no call may fail. */
export class Regulars {
  readonly problems: string[] = []
  calls = 0
  /** How long a call took at most. */
  longestMs = 0
  readonly #running: Promise<void>[]
  #isStopped = false

  /** One caller for each verifier. @param pauseMs between two calls of one */
  constructor(orders: Workload, addresses: readonly string[], pauseMs = 10) {
    const clients = addresses.map((address) => orders.createClient(Warehouse, 'warehouse', address))
    this.#running = clients.map((client, index) => this.#call(client, addresses[index] ?? '', pauseMs))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#running)
  }

  async #call(client: WarehouseServiceClient, address: string, pauseMs: number): Promise<void> {
    for (let turn = 0; !this.#isStopped; turn += 1) {
      const kind = CALL_KINDS[turn % CALL_KINDS.length] ?? 'unary'
      const begin = performance.now()
      try {
        await callOurs(client, kind, { deadline: Date.now() + 10_000 })
        this.calls += 1
      } catch (error) {
        this.problems.push(`${kind} at ${address}: ${messageOf(error)}`)
      }
      this.longestMs = Math.max(this.longestMs, performance.now() - begin)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}
