/** A verifier's state with many live revocations, brought to it as the feed brings them: as bytes. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parseCredential, TrustState } from 'countersign'
import { monotonicClock, systemClock, toEpochSeconds } from '../../src/core/clock.ts'
import { randomId } from '../../src/core/encoding.ts'
import { TrustService } from '../../src/transport/authority-protos.ts'
import { encodeChanges, parseChanges } from '../../src/transport/trust-messages.ts'
import type { TrustChange } from '../../src/trust/change.ts'
import { createBenchCa, ISSUER } from './bench-ca.ts'
import { answerRequests } from './worker.ts'

const PAGE = 5_000
const LIFE_SECONDS = 3_600

const { responseSerialize, responseDeserialize } = TrustService.service.Watch

const trust = new TrustState({
  credential: parseCredential(createBenchCa().issue('echo'), systemClock(), 'the benchmark'),
})

answerRequests({
  /** Returns how many bytes an entry takes. */
  fill: async (entries: number) => {
    const before = bytesInUse()
    const revision = { epoch: 1, sequence: 1 }
    const contents = trust.beginSnapshot(revision, ISSUER)
    for (let left = entries; left > 0; left -= PAGE) contents.add(received(createRevocations(Math.min(left, PAGE))))
    trust.replace(contents)
    trust.vouch(revision, 0)
    return (bytesInUse() - before) / entries
  },
  /** Returns the microseconds that each took: from the bytes of a delta to its being in force. */
  apply: async (deltas: number) => {
    const { epoch = 1, sequence = 1 } = trust.revision ?? {}
    const messages = Array.from({ length: deltas }, () => encoded(createRevocations(1)))
    const begin = monotonicClock()
    for (const [index, message] of messages.entries()) {
      const after = { epoch, sequence: sequence + index }
      const revision = { epoch, sequence: sequence + index + 1 }
      trust.apply({ after, revision, changes: decoded(message) })
    }
    return ((monotonicClock() - begin) * 1000) / deltas
  },
})

function createRevocations(count: number): readonly TrustChange[] {
  const until = toEpochSeconds(systemClock()) + LIFE_SECONDS
  return Array.from({ length: count }, () => ({ kind: 'token', id: randomId(), until }))
}

function received(changes: readonly TrustChange[]): readonly TrustChange[] {
  return decoded(encoded(changes))
}

function encoded(changes: readonly TrustChange[]): Buffer {
  return responseSerialize({ delta: { changes: encodeChanges(changes) } })
}

function decoded(bytes: Buffer): readonly TrustChange[] {
  return parseChanges(responseDeserialize(bytes).delta?.changes ?? null)
}

function bytesInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
