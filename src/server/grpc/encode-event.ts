import type { TrustEvent } from '../../authority/feed/trust-event.ts'
import type { WatchResponse } from '../../gen/countersign/v1/WatchResponse.ts'
import { encodeChanges } from '../../transport/trust-messages.ts'
import type { TrustDelta } from '../../trust/trust-state.ts'

/** By the change that all verifiers are told of: it is encoded once. */
const deltas = new WeakMap<TrustDelta, WatchResponse>()

/** @param now milliseconds since 1970: when the message leaves, by which its receiver compares clocks */
export function encodeEvent(event: TrustEvent, now: number): WatchResponse {
  if (event.kind === 'heartbeat') {
    return { heartbeat: { revision: { ...event.revision }, readAtMs: event.readAt, sentAtMs: now } }
  }
  if (event.kind === 'delta') return encodeDelta(event.delta)
  const { revision, page, isLast, issuer, changes } = event
  return { snapshot: { revision: { ...revision }, page, last: isLast, issuer, changes: encodeChanges(changes) } }
}

function encodeDelta(delta: TrustDelta): WatchResponse {
  const known = deltas.get(delta)
  if (known !== undefined) return known
  const { after, revision, changes } = delta
  const encoded = { delta: { after: { ...after }, revision: { ...revision }, changes: encodeChanges(changes) } }
  deltas.set(delta, encoded)
  return encoded
}
