import { type EchoWay, startEchoPair } from './echo-pair.ts'
import { type Cost, type Round, runRounds } from './pair.ts'
import { isPinned } from './processes.ts'
import { type Benchmark, formatMedian } from './report.ts'
import { startScene } from './scene.ts'
import { type Median, medianOf, uncertaintyOf } from './statistics.ts'

const CALLS = 16_000
const MAX_UNCERTAINTY = 0.03
const MAX_DURATION_MS = 170_000

/**
 * CPU time per warm unary call, at the server and at the client, of three pairs of processes in turn: stock grpc-js
 * over mutual TLS without interceptors; ours with all checks; stock with `jwtVerify` in an interceptor on each call.
 */
export const benchVerify: Benchmark = async () => {
  const scene = await startScene()
  const pairs = {
    bare: await startEchoPair('bare', scene),
    ours: await startEchoPair('ours', scene),
    naive: await startEchoPair('naive', scene),
  }
  const rounds = await runRounds<EchoWay>(pairs, {
    warmUpCalls: CALLS,
    calls: CALLS,
    maxDurationMs: MAX_DURATION_MS,
    isSettled: (sofar) =>
      (['server', 'client'] as const).every((side) => uncertaintyOf(ratioOf(sofar, 'ours', side)) <= MAX_UNCERTAINTY),
  })
  await scene.close()

  const micros = (way: EchoWay, side: keyof Cost) => medianOf(rounds.map((round) => round[way][side]))
  const ratio = (way: EchoWay, side: keyof Cost) => ratioOf(rounds, way, side)
  const row = (label: string, way: EchoWay) => [
    label,
    formatMedian(micros(way, 'server'), 1),
    way === 'bare' ? '1' : formatMedian(ratio(way, 'server'), 2),
    formatMedian(micros(way, 'client'), 1),
    way === 'bare' ? '1' : formatMedian(ratio(way, 'client'), 2),
  ]
  const cores = isPinned ? 'server and client on cores of their own' : 'server and client on shared cores'
  return {
    headline: `CPU time per warm unary call: medians of ${rounds.length} rounds of ${CALLS} calls, ${cores}.`,
    columns: ['', 'server µs', 'ratio', 'client µs', 'ratio'],
    rows: [
      row('bare grpc-js over mutual TLS', 'bare'),
      row('Countersign, every check', 'ours'),
      row('jwtVerify on each call', 'naive'),
    ],
    figures: {
      bareMicros: micros('bare', 'server').value,
      oursMicros: micros('ours', 'server').value,
      naiveMicros: micros('naive', 'server').value,
      ratio: ratio('ours', 'server').value,
      naiveRatio: ratio('naive', 'server').value,
      clientRatio: ratio('ours', 'client').value,
    },
  }
}

function ratioOf(rounds: readonly Round<EchoWay>[], way: EchoWay, side: keyof Cost): Median {
  return medianOf(rounds.map((round) => round[way][side] / round.bare[side]))
}
