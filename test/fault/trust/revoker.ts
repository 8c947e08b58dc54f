import { setTimeout as sleep } from 'node:timers/promises'
import { randomId } from '../../../src/core/encoding.ts'
import { CallError } from '../../../src/interceptor/call-error.ts'
import type { Revision } from '../../../src/trust/revision.ts'
import type { RevocationTarget } from '../../../src/workload/revocation-target.ts'
import type { Workload } from '../../../src/workload/workload.ts'
import type { Premises } from './premises.ts'
import type { Tally } from './tally.ts'

const RETRY_MS = 20
const PAUSE_MS = 5

/** Revokes without end, by RPC and by command, and keeps what was acknowledged. */
export class Revoker {
  /** By ID, the revision that each acknowledgement named. */
  readonly acknowledged = new Map<string, Revision>()
  readonly problems: string[] = []
  readonly #orders: Workload
  readonly #premises: Premises
  readonly #tally: Tally
  #isStopped = false
  #running: readonly Promise<void>[] = []

  constructor(orders: Workload, premises: Premises, tally: Tally) {
    this.#orders = orders
    this.#premises = premises
    this.#tally = tally
  }

  begin(): void {
    this.#isStopped = false
    const byRpc = () => this.#run((id) => this.byRpc({ tokenId: id }))
    const byCommand = () => this.#run(async (id) => (await this.#premises.command('revoke', 'grant', id)).revision)
    this.#running = [byRpc(), byRpc(), byCommand()]
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#running)
  }

  /** Asks until it is acknowledged, as whoever revokes has to. Resolves with the revision, at the time of the acknowledgement. */
  async byRpc(target: RevocationTarget): Promise<Revision> {
    for (;;) {
      try {
        const revision = await this.#orders.revoke(target)
        if (revision === undefined) throw new Error('There was nothing to revoke.')
        return revision
      } catch (error) {
        // Only that nobody answers is no answer.
        if (!(error instanceof CallError) || !isAway(error)) throw error
        this.#tally.unanswered += 1
      }
      await sleep(RETRY_MS)
    }
  }

  async #run(revoke: (id: string) => Promise<Revision>): Promise<void> {
    while (!this.#isStopped) {
      const id = randomId()
      try {
        this.acknowledged.set(id, await revoke(id))
        this.#tally.acknowledged += 1
      } catch (error) {
        this.problems.push(`a revocation failed: ${error}`)
      }
      await sleep(PAUSE_MS)
    }
  }
}

function isAway({ reason }: CallError): boolean {
  return reason === undefined || reason === 'AUTHORITY_UNAVAILABLE'
}
