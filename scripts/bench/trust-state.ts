import { monotonicClock } from '../../src/core/clock.ts'
import { type EchoWay, startEchoPair } from './echo-pair.ts'
import { type Round, runRounds } from './pair.ts'
import { isPinned, Worker } from './processes.ts'
import { type Benchmark, formatMedian } from './report.ts'
import { type Scene, startScene } from './scene.ts'
import { type Median, medianOf, uncertaintyOf } from './statistics.ts'

type Way = Exclude<EchoWay, 'naive'>

const REVOCATIONS = 1_000_000
const DELTAS = 1_000
const APPLY_ROUNDS = 15
const CALLS = 16_000
const MAX_UNCERTAINTY = 0.03
const MAX_DURATION_MS = 150_000

/**
 * A verifier that knows a million live revocations: what each takes in memory, what one more costs to put in force (from
 * the bytes of the message), what a warm call costs against bare grpc-js, and how long a service that starts waits for the
 * snapshot of all of them.
 */
export const benchTrustState: Benchmark = async () => {
  const { bytesPerEntry, apply } = await measureState()
  const { rounds, snapshotSeconds } = await measureCalls()
  const micros = (way: Way) => medianOf(rounds.map((round) => round[way].server))
  const ratio = ratioOf(rounds)
  return {
    headline:
      `${REVOCATIONS.toLocaleString('en')} live revocations in one verifier; calls: medians of ${rounds.length} rounds of ` +
      `${CALLS}${isPinned ? ', server and client on cores of their own' : ', cores shared'}.`,
    columns: ['', 'value', 'ratio'],
    rows: [
      ['bytes for each', bytesPerEntry.toFixed(0), ''],
      ['µs to put another in force', formatMedian(apply, 1), ''],
      ['s from start to all of them in force', snapshotSeconds.toFixed(1), ''],
      ['µs of CPU for a warm call at a bare grpc-js server', formatMedian(micros('bare'), 1), '1'],
      ['µs of CPU for a warm call here', formatMedian(micros('ours'), 1), formatMedian(ratio, 2)],
    ],
    figures: { bytesPerEntry, applyMicros: apply.value, verifyRatio: ratio.value, snapshotSeconds },
  }
}

async function measureState(): Promise<{ readonly bytesPerEntry: number; readonly apply: Median }> {
  const worker = new Worker('trust-state-worker.ts', [], 'server')
  const bytesPerEntry = await worker.ask<number>('fill', REVOCATIONS)
  await worker.ask('apply', DELTAS) // warm up
  const applied: number[] = []
  for (let round = 0; round < APPLY_ROUNDS; round += 1) applied.push(await worker.ask<number>('apply', DELTAS))
  worker.stop()
  return { bytesPerEntry, apply: medianOf(applied) }
}

async function measureCalls(): Promise<{ readonly rounds: readonly Round<Way>[]; readonly snapshotSeconds: number }> {
  const scene = await startScene(REVOCATIONS)
  const snapshotSeconds = await measureStart(scene)
  const rounds = await runRounds<Way>(
    { bare: await startEchoPair('bare', scene), ours: await startEchoPair('ours', scene) },
    {
      warmUpCalls: CALLS,
      calls: CALLS,
      maxDurationMs: MAX_DURATION_MS,
      isSettled: (sofar) => uncertaintyOf(ratioOf(sofar)) <= MAX_UNCERTAINTY,
    },
  )
  await scene.close()
  return { rounds, snapshotSeconds }
}

/** From joining the mesh to serving, by a process that has loaded its program. */
async function measureStart(scene: Scene): Promise<number> {
  const server = new Worker('echo-server.ts', ['ours'], 'server')
  await server.ask('cpuMicros')
  const begin = monotonicClock()
  await server.ask('start', scene.serverSetUp())
  const seconds = (monotonicClock() - begin) / 1000
  server.stop()
  return seconds
}

function ratioOf(rounds: readonly Round<Way>[]): Median {
  return medianOf(rounds.map(({ ours, bare }) => ours.server / bare.server))
}
