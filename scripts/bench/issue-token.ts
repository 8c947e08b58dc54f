import { Pair, type Round, runRounds } from './pair.ts'
import { isPinned, Worker } from './processes.ts'
import { type Benchmark, formatMedian } from './report.ts'
import { type Median, medianOf, uncertaintyOf } from './statistics.ts'

type Way = 'ours' | 'ceiling'

const CALLS = 1_500
const MAX_UNCERTAINTY = 0.02
const MAX_DURATION_MS = 120_000

/**
 * Tokens that the authority issues over gRPC per second of CPU time, with its log line written, against what the
 * platform allows: stock grpc-js over mutual TLS whose handler makes one ES256 signature.
 */
export const benchIssueToken: Benchmark = async () => {
  const pairs = { ours: await startPair('ours'), ceiling: await startPair('ceiling') }
  const rounds = await runRounds<Way>(pairs, {
    warmUpCalls: 4 * CALLS,
    calls: CALLS,
    maxDurationMs: MAX_DURATION_MS,
    isSettled: (sofar) => uncertaintyOf(ratioOf(sofar)) <= MAX_UNCERTAINTY,
  })
  const perSecond = (way: Way) => medianOf(rounds.map((round) => 1e6 / round[way].server))
  const ratio = ratioOf(rounds)
  return {
    headline: `Issued per second on one core: medians of ${rounds.length} rounds of ${CALLS} calls${isPinned ? '' : ', cores shared'}.`,
    columns: ['', 'per second', 'ratio'],
    rows: [
      ['one ES256 signature over bare mutual TLS', formatMedian(perSecond('ceiling'), 0), '1'],
      ['IssueToken, with its log line', formatMedian(perSecond('ours'), 0), formatMedian(ratio, 2)],
    ],
    figures: {
      oursPerSecond: perSecond('ours').value,
      ceilingPerSecond: perSecond('ceiling').value,
      ratio: ratio.value,
    },
  }
}

async function startPair(way: Way): Promise<Pair> {
  const server = new Worker('issue-server.ts', [way], 'server')
  const setUp = await server.ask<object>('start')
  const client = new Worker('issue-client.ts', [way], 'client')
  await client.ask('start', setUp)
  return new Pair(server, client)
}

function ratioOf(rounds: readonly Round<Way>[]): Median {
  return medianOf(rounds.map(({ ours, ceiling }) => ceiling.server / ours.server))
}
