import { monotonicClock } from '../../src/core/clock.ts'
import type { Worker } from './processes.ts'

/** CPU time of one call, in microseconds. */
export interface Cost {
  readonly server: number
  readonly client: number
}

/** A server, and a client that calls it. */
export class Pair {
  readonly #server: Worker
  readonly #client: Worker

  constructor(server: Worker, client: Worker) {
    this.#server = server
    this.#client = client
  }

  /** What a number of calls cost each side, per call. */
  async cost(calls: number): Promise<Cost> {
    const before = await this.#cpuMicros()
    await this.#client.ask('round', calls)
    const after = await this.#cpuMicros()
    return { server: (after.server - before.server) / calls, client: (after.client - before.client) / calls }
  }

  async #cpuMicros(): Promise<Cost> {
    return { server: await this.#server.ask('cpuMicros'), client: await this.#client.ask('cpuMicros') }
  }

  stop(): void {
    this.#client.stop()
    this.#server.stop()
  }
}

export interface RoundsOptions<Name extends string> {
  readonly warmUpCalls: number
  readonly calls: number
  readonly maxDurationMs: number
  /** Whether the rounds so far say enough. */
  readonly isSettled: (rounds: readonly Round<Name>[]) => boolean
}

export type Round<Name extends string> = Readonly<Record<Name, Cost>>

/** How often each pair has its turn in a round. */
const TURNS = 8

/**
 * Rounds in which the pairs have short turns, so that whatever slows the machine down slows all of them; in an order
 * that is drawn for each turn, since what has run before leaves its traces in the caches.
 */
export async function runRounds<Name extends string>(
  pairs: Readonly<Record<Name, Pair>>,
  { warmUpCalls, calls, maxDurationMs, isSettled }: RoundsOptions<Name>,
): Promise<readonly Round<Name>[]> {
  const entries = Object.entries<Pair>(pairs)
  const runRound = async (count: number) => {
    const costs = entries.map(([name, pair]) => ({ name, pair, server: 0, client: 0 }))
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const sum of shuffle(costs)) {
        const cost = await sum.pair.cost(Math.round(count / TURNS))
        sum.server += cost.server / TURNS
        sum.client += cost.client / TURNS
      }
    }
    return Object.fromEntries(costs.map(({ name, server, client }) => [name, { server, client }])) as Round<Name>
  }
  const end = monotonicClock() + maxDurationMs
  await runRound(warmUpCalls)
  const rounds: Round<Name>[] = []
  while (!isSettled(rounds) && monotonicClock() < end) rounds.push(await runRound(calls))
  for (const [, pair] of entries) pair.stop()
  return rounds
}

function shuffle<Item>(items: readonly Item[]): readonly Item[] {
  const drawn = items.map((item) => ({ item, lot: Math.random() }))
  return drawn.toSorted((a, b) => a.lot - b.lot).map(({ item }) => item)
}
