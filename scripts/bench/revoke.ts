import { setTimeout } from 'node:timers/promises'
import { TrustService } from '../../src/transport/authority-protos.ts'
import { encodeChanges } from '../../src/transport/trust-messages.ts'
import { type FanOutScene, startFanOut } from './fan-out-scene.ts'
import { isPinned } from './processes.ts'
import type { Benchmark } from './report.ts'
import { startRevocations } from './revocation-scene.ts'
import { quantileOf } from './statistics.ts'

/** Verifiers are spread over several processes, as services are. */
const PROCESSES = 4
const REVOCATIONS = 1_000
const WARM_UP = 200
/** After which no verifier may accept what was revoked. */
const BOUND_MS = 1_000

interface Measured {
  readonly ours: readonly number[]
  readonly bare: readonly number[]
  readonly accepted: number
  /** CPU time of the authority for each revocation, that of issuing the token in it. */
  readonly authorityMicros: number
}

/**
 * From sending `Revoke` to the refusal at the last verifier: the authority commits to a disk, each verifier has a
 * connection of its own, and refuses the token by the function that servers ask. In turn with it what the platform allows:
 * stock grpc-js over mutual TLS that commits a row, and sends a message of the same size to as many listeners.
 */
export const benchRevoke: Benchmark = async () => {
  const n1 = await measure(1)
  const n10 = await measure(10)
  const n100 = await measure(100, await startFanOut(100, PROCESSES, deltaBytes()))
  const accepted = n1.accepted + n10.accepted + n100.accepted
  const fanOutMicros = (n100.authorityMicros - n1.authorityMicros) / 99
  const ratio = quantileOf(n100.ours, 0.5) / quantileOf(n100.bare, 0.5)
  const rows = [
    ['1 verifier', n1.ours],
    ['10 verifiers', n10.ours],
    ['100 verifiers', n100.ours],
    ['100 listeners of a bare fan-out, with one commit', n100.bare],
  ] as const
  return {
    headline:
      `Milliseconds from sending Revoke to the refusal at the last verifier, ${REVOCATIONS} revocations each; verifiers in ` +
      `${PROCESSES} processes${isPinned ? ' on one core, the authority on another' : ', cores shared'}.\n` +
      `CPU time of the authority for each verifier and revocation: ${fanOutMicros.toFixed(0)} µs. ` +
      `Medians at 100, ours to bare: ${ratio.toFixed(2)}. Accepted after ${BOUND_MS} ms: ${accepted}.`,
    columns: ['', 'p50', 'p99'],
    rows: rows.map(([label, millis]) => [
      label,
      ...Object.values(quantilesOf(millis)).map((value) => value.toFixed(2)),
    ]),
    figures: {
      n1: quantilesOf(n1.ours),
      n10: quantilesOf(n10.ours),
      n100: quantilesOf(n100.ours),
      bare100: quantilesOf(n100.bare),
      ratio,
      fanOutMicros,
      acceptedAfterBound: accepted,
    },
  }
}

/** @param bare measured in turn */
async function measure(verifiers: number, bare?: FanOutScene): Promise<Measured> {
  const scene = await startRevocations(verifiers, PROCESSES)
  const measured = { ours: [] as number[], bare: [] as number[] }
  let begin = 0
  for (let index = -WARM_UP; index < REVOCATIONS; index += 1) {
    if (index === 0) begin = await scene.authorityMicros()
    const ours = await scene.revokeNext()
    const others = await bare?.publishNext()
    if (index < 0) continue
    measured.ours.push(ours)
    if (others !== undefined) measured.bare.push(others)
  }
  const authorityMicros = ((await scene.authorityMicros()) - begin) / REVOCATIONS
  await setTimeout(BOUND_MS)
  const late = measured.ours.filter((millis) => millis > BOUND_MS).length
  const accepted = late + (await scene.countAccepted())
  await scene.stop()
  bare?.stop()
  return { ...measured, accepted, authorityMicros }
}

/** What the feed sends for the revocation of one token. */
function deltaBytes(): number {
  const changes = encodeChanges([{ kind: 'token', id: 'x'.repeat(22), until: 2 ** 31 }])
  const revision = { epoch: 1, sequence: 1_000 }
  return TrustService.service.Watch.responseSerialize({ delta: { after: revision, revision, changes } }).length
}

function quantilesOf(millis: readonly number[]) {
  return { p50Millis: quantileOf(millis, 0.5), p99Millis: quantileOf(millis, 0.99) }
}
