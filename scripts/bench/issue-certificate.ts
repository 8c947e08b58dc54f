import { monotonicClock } from '../../src/core/clock.ts'
import { createApplication } from './certificate-application.ts'
import type { Cost } from './certificate-worker.ts'
import { isPinned, Worker } from './processes.ts'
import { type Benchmark, formatMedian } from './report.ts'
import { type Median, medianOf, uncertaintyOf } from './statistics.ts'

/** How many certificates of each in a round: turns that take about as long. */
const COUNTS = { peculiar: 32, inMemory: 256, durable: 256 } as const

type Way = keyof typeof COUNTS

type Round = Readonly<Record<Way, Cost>>

const WARM_UP_ROUNDS = 60
const MAX_RATIO_UNCERTAINTY = 0.15
const MAX_DURABLE_UNCERTAINTY = 0.02
const MAX_DURATION_MS = 90_000

/**
 * Certificates per second of CPU time, from the bytes of a new service's request to a chain in PEM. Ours in memory, with
 * every check: the request is verified, and the certificate read again, compared and verified. The same certificates made
 * by `@peculiar/x509`, which verifies the requests only. And ours with a record on a disk before each is signed: by
 * elapsed time, against ours in memory, since the wait for the disk counts.
 */
export const benchIssueCertificate: Benchmark = async () => {
  const start = (way: Way) => new Worker('certificate-worker.ts', [way], 'server')
  const workers = { peculiar: start('peculiar'), inMemory: start('inMemory'), durable: start('durable') }
  const measure = async (): Promise<Round> => {
    const applications = Array.from({ length: COUNTS.inMemory }, createApplication)
    const costOf = (way: Way) => workers[way].ask<Cost>('round', applications.slice(0, COUNTS[way]))
    return {
      peculiar: await costOf('peculiar'),
      inMemory: await costOf('inMemory'),
      durable: await costOf('durable'),
    }
  }
  for (let warmUp = 0; warmUp < WARM_UP_ROUNDS; warmUp += 1) await measure()
  const rounds: Round[] = []
  const end = monotonicClock() + MAX_DURATION_MS
  while (!isSettled(rounds) && monotonicClock() < end) rounds.push(await measure())
  for (const worker of Object.values(workers)) worker.stop()

  const peculiar = perSecond(rounds, 'peculiar')
  const inMemory = perSecond(rounds, 'inMemory')
  const [ratio, durableRatio] = [ratioOf(rounds), durableRatioOf(rounds)]
  // Its own elapsed time holds what else ran on the core.
  const durablePerSecond = inMemory.value * durableRatio.value
  const recorded = (WARM_UP_ROUNDS + rounds.length) * COUNTS.durable
  return {
    headline:
      `Certificates per second on one core, 32 requests in flight: medians of ${rounds.length} rounds${isPinned ? '' : ', cores shared'}.\n` +
      `@peculiar/x509 does not look at what it has made. The store came to hold ${recorded} records.`,
    columns: ['', 'per second', 'ratio'],
    rows: [
      ['@peculiar/x509, requests verified', formatMedian(peculiar, 0), '1'],
      ['Countersign in memory, every check', formatMedian(inMemory, 0), formatMedian(ratio, 2)],
      ['the same, recorded on disk first', durablePerSecond.toFixed(0), `${formatMedian(durableRatio, 2)} of that`],
    ],
    figures: {
      inMemoryPerSecond: inMemory.value,
      durablePerSecond,
      peculiarPerSecond: peculiar.value,
      ratio: ratio.value,
      durableRatio: durableRatio.value,
    },
  }
}

function perSecond(rounds: readonly Round[], way: Way): Median {
  return medianOf(rounds.map((round) => 1e6 / round[way].cpu))
}

function isSettled(rounds: readonly Round[]): boolean {
  return (
    uncertaintyOf(ratioOf(rounds)) <= MAX_RATIO_UNCERTAINTY &&
    uncertaintyOf(durableRatioOf(rounds)) <= MAX_DURABLE_UNCERTAINTY
  )
}

function ratioOf(rounds: readonly Round[]): Median {
  return medianOf(rounds.map(({ inMemory, peculiar }) => peculiar.cpu / inMemory.cpu))
}

function durableRatioOf(rounds: readonly Round[]): Median {
  return medianOf(rounds.map(({ inMemory, durable }) => inMemory.elapsed / durable.elapsed))
}
