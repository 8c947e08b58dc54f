import { counted } from '../core/counted.ts'
import type { TrustFreshness__Output } from '../gen/countersign/v1/TrustFreshness.ts'
import type { ServicePath } from '../identity/service-id.ts'
import { createServiceClient } from '../interceptor/service-client.ts'
import { VerifierService } from '../transport/authority-protos.ts'
import type { MeshChannel } from '../transport/channel.ts'
import { parseCount } from '../transport/trust-messages.ts'
import type { Freshness } from '../trust/freshness.ts'
import { answerOf } from './operator-channel.ts'
import { revisionText, type Status } from './status.ts'

const STATES: Readonly<Record<TrustFreshness__Output, Freshness['state']>> = {
  TRUST_FRESHNESS_UNSPECIFIED: 'empty',
  TRUST_FRESHNESS_FRESH: 'fresh',
  TRUST_FRESHNESS_STALE: 'stale',
  TRUST_FRESHNESS_DEAD: 'dead',
}

const MEANINGS: Readonly<Record<Freshness['state'], string>> = {
  empty: 'it has not heard from an authority yet, and refuses calls',
  fresh: 'an authority has vouched just now that nothing is newer',
  stale: 'no authority was heard lately; it goes on by what it knows',
  dead: 'no authority was heard for too long: it refuses calls',
}

/** What a service knows of what to trust. */
export async function serviceStatus(channel: MeshChannel, service: ServicePath): Promise<Status> {
  const client = createServiceClient(VerifierService, channel)
  const status = await answerOf((options) => client.status({}, options))
  const state = STATES[status.freshness]
  const result = {
    state,
    revision: revisionText(status.revision),
    ...(status.ageMs !== undefined && { ageMs: parseCount(status.ageMs) }),
    keys: status.keys,
    entries: parseCount(status.entries),
    ...(status.clockAheadMs !== undefined && { clockAheadMs: Number(status.clockAheadMs) }),
  }
  const { ageMs, clockAheadMs } = result
  return {
    result,
    lines: [
      `${service} is ${state}: ${MEANINGS[state]}.`,
      `Revision ${result.revision}: ${counted(result.keys, 'key')}, ${counted(result.entries, 'revocation')}.`,
      ...(ageMs === undefined ? [] : [`Vouched for ${seconds(ageMs)} s ago.`]),
      ...(clockAheadMs === undefined ? [] : [clockLine(clockAheadMs)]),
    ],
  }
}

function clockLine(aheadMs: number): string {
  return `Its clock is ${seconds(Math.abs(aheadMs))} s ${aheadMs < 0 ? 'behind' : 'ahead of'} the authority's.`
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1)
}
