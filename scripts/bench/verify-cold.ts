import { monotonicClock } from '../../src/core/clock.ts'
import { isPinned, Worker } from './processes.ts'
import { type Benchmark, formatMedian } from './report.ts'
import { type Median, medianOf, uncertaintyOf } from './statistics.ts'

const TOKENS = 500
const MAX_UNCERTAINTY = 0.02
const MAX_DURATION_MS = 90_000

interface Round {
  readonly ours: number
  readonly jose: number
}

/**
 * Verifications per second of tokens that were never seen, on one core: the verifier that servers use, its cache
 * missed each time, against `jwtVerify` of jose with the same options.
 */
export const benchVerifyCold: Benchmark = async () => {
  const worker = new Worker('verify-worker.ts', [], 'server')
  const measure = async (): Promise<Round> => {
    await worker.ask('prepare', TOKENS)
    return { ours: await worker.ask('ours'), jose: await worker.ask('jose') }
  }
  for (let warmUp = 0; warmUp < 10; warmUp += 1) await measure()
  const rounds: Round[] = []
  const end = monotonicClock() + MAX_DURATION_MS
  while (uncertaintyOf(ratioOf(rounds)) > MAX_UNCERTAINTY && monotonicClock() < end) rounds.push(await measure())
  worker.stop()

  const perSecond = (way: keyof Round) => medianOf(rounds.map((round) => (TOKENS * 1e6) / round[way]))
  const ratio = ratioOf(rounds)
  return {
    headline: `Verifications of new tokens per second on one core: medians of ${rounds.length} rounds of ${TOKENS} tokens${isPinned ? '' : ', cores shared'}.`,
    columns: ['', 'per second', 'ratio'],
    rows: [
      ['jwtVerify of jose, the same options', formatMedian(perSecond('jose'), 0), '1'],
      ['Countersign, a token never seen', formatMedian(perSecond('ours'), 0), formatMedian(ratio, 2)],
    ],
    figures: { oursPerSecond: perSecond('ours').value, josePerSecond: perSecond('jose').value, ratio: ratio.value },
  }
}

function ratioOf(rounds: readonly Round[]): Median {
  return medianOf(rounds.map(({ ours, jose }) => jose / ours))
}
