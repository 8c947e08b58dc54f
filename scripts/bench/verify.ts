import { monotonicClock } from '../../src/core/clock.ts'
import { isPinned, Worker } from './processes.ts'
import { type Benchmark, format } from './report.ts'
import { startScene } from './scene.ts'
import { medianOf, uncertaintyOf } from './statistics.ts'

const WAYS = ['bare', 'ours', 'naive'] as const
type Way = (typeof WAYS)[number]

const WARM_UP_CALLS = 10_000
const ROUND_CALLS = 2_000
const MAX_UNCERTAINTY = 0.03
const MAX_DURATION_MS = 180_000

/** CPU time of a call, in microseconds. */
interface Cost {
  readonly server: number
  readonly client: number
}

type Round = Readonly<Record<Way, Cost>>

/**
 * CPU time per warm unary call, at the server and at the client, of three pairs of processes in turn: stock grpc-js
 * over mutual TLS without interceptors, ours with all checks, stock with `jwtVerify` in an interceptor on each call.
 */
export const benchVerify: Benchmark = async () => {
  const start = monotonicClock()
  const scene = await startScene()
  const pairs = {} as Record<Way, Pair>
  for (const way of WAYS) pairs[way] = await Pair.start(way, scene)
  for (const way of WAYS) await pairs[way].cost(WARM_UP_CALLS)

  const rounds: Round[] = []
  const ratioOf = (way: Way, side: keyof Cost) => medianOf(rounds.map((round) => round[way][side] / round.bare[side]))
  const isSettled = () =>
    uncertaintyOf(ratioOf('ours', 'server')) <= MAX_UNCERTAINTY &&
    uncertaintyOf(ratioOf('ours', 'client')) <= MAX_UNCERTAINTY
  while (!isSettled() && monotonicClock() - start < MAX_DURATION_MS) {
    const [bare, ours, naive] = [
      await pairs.bare.cost(ROUND_CALLS),
      await pairs.ours.cost(ROUND_CALLS),
      await pairs.naive.cost(ROUND_CALLS),
    ]
    rounds.push({ bare, ours, naive })
  }
  for (const pair of Object.values(pairs)) pair.stop()
  await scene.close()

  const micros = (way: Way, side: keyof Cost) => medianOf(rounds.map((round) => round[way][side])).value
  const row = (label: string, way: Way) => {
    const [server, client] = [ratioOf(way, 'server'), ratioOf(way, 'client')]
    const ratio = (median: typeof server) =>
      way === 'bare' ? '1' : `${format(median.value, 2)} ±${format(uncertaintyOf(median), 2)}`
    return [label, format(micros(way, 'server'), 1), ratio(server), format(micros(way, 'client'), 1), ratio(client)]
  }
  return {
    headline: `CPU time per warm unary call: medians of ${rounds.length} rounds of ${ROUND_CALLS} calls, ${isPinned ? 'server and client each on a core of its own' : 'cores shared: taskset is not here'}.`,
    columns: ['', 'server µs', 'ratio', 'client µs', 'ratio'],
    rows: [
      row('bare grpc-js over mutual TLS', 'bare'),
      row('Countersign, every check', 'ours'),
      row('jwtVerify on each call', 'naive'),
    ],
    figures: {
      bareMicros: micros('bare', 'server'),
      oursMicros: micros('ours', 'server'),
      naiveMicros: micros('naive', 'server'),
      ratio: ratioOf('ours', 'server').value,
      naiveRatio: ratioOf('naive', 'server').value,
      clientRatio: ratioOf('ours', 'client').value,
    },
  }
}

type Scene = Awaited<ReturnType<typeof startScene>>

/** A server and a client that calls it, in the same way. */
class Pair {
  readonly #server: Worker
  readonly #client: Worker

  private constructor(server: Worker, client: Worker) {
    this.#server = server
    this.#client = client
  }

  static async start(way: Way, scene: Scene): Promise<Pair> {
    const pair = new Pair(new Worker('echo-server.ts', [way], 'server'), new Worker('echo-client.ts', [way], 'client'))
    const port = await pair.#server.ask<number>('start', scene.serverSetUp())
    await pair.#client.ask('start', await scene.clientSetUp(`localhost:${port}`))
    return pair
  }

  async cost(calls: number): Promise<Cost> {
    const before = await this.#cpuMicros()
    await this.#client.ask('round', calls)
    const after = await this.#cpuMicros()
    return { server: (after.server - before.server) / calls, client: (after.client - before.client) / calls }
  }

  async #cpuMicros(): Promise<Cost> {
    const [server, client] = await Promise.all([
      this.#server.ask<number>('cpuMicros'),
      this.#client.ask<number>('cpuMicros'),
    ])
    return { server, client }
  }

  stop(): void {
    this.#client.stop()
    this.#server.stop()
  }
}
