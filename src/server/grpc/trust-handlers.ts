import type { TrustPublisher } from '../../authority/feed/trust-publisher.ts'
import type { WatcherStatus } from '../../authority/feed/watcher.ts'
import type { LogFollower } from '../../authority/log/log-follower.ts'
import type { Revoke, RevokeTarget } from '../../authority/revocation/revoke.ts'
import type { Clock } from '../../core/clock.ts'
import { AuthError } from '../../core/errors.ts'
import type { ConnectedVerifier } from '../../gen/countersign/v1/ConnectedVerifier.ts'
import type { RevokeRequest__Output } from '../../gen/countersign/v1/RevokeRequest.ts'
import { callerOf } from '../../interceptor/caller.ts'
import type { Handlers } from '../../interceptor/service-types.ts'
import type { TrustService } from '../../transport/authority-protos.ts'
import { parseRevision } from '../../transport/trust-messages.ts'
import type { TrustState } from '../../trust/trust-state.ts'
import { encodeEvent } from './encode-event.ts'

export interface TrustServiceOptions {
  readonly follower: LogFollower
  readonly publisher: TrustPublisher
  readonly revoke: Revoke
  /** This process's own. */
  readonly trust: TrustState
  readonly clock: Clock
}

/**
 * `countersign.v1.TrustService` over the use cases.
 * @param closing the server's: whoever watches is to end
 */
export function trustHandlers(options: TrustServiceOptions, closing: AbortSignal): Handlers<typeof TrustService> {
  const { follower, publisher, revoke, trust, clock } = options
  return {
    async *watch(call, { cancelled }) {
      const { serviceId: service, serialNumber } = callerOf(call).peer
      const after = call.request.after === null ? undefined : parseRevision(call.request.after)
      const ended = AbortSignal.any([cancelled, closing])
      for await (const event of publisher.watch(after, { service, serialNumber }, ended)) {
        yield encodeEvent(event, clock())
      }
    },

    async revoke(call) {
      const { serviceId: by } = callerOf(call)
      const { request } = call
      const revision = await revoke({ target: targetOf(request), reason: request.reason, by })
      return revision === undefined ? {} : { revision: { ...revision } }
    },

    async status() {
      const { revision } = trust
      return {
        ...(revision && { revision: { ...revision } }),
        readAtMs: follower.readAt,
        keys: trust.current?.keys.size ?? 0,
        entries: trust.entryCount,
        verifiers: publisher.watchers.map(encodeWatcher),
      }
    },
  }
}

function targetOf(request: RevokeRequest__Output): RevokeTarget {
  const { target } = request
  if (target === undefined) throw new AuthError('REQUEST_INVALID', 'The request does not say what to revoke.')
  return { kind: target, text: request[target] ?? '' }
}

function encodeWatcher({ service, serialNumber, revision, lagMs, since }: WatcherStatus): ConnectedVerifier {
  return { service, serialNumber, ...(revision && { revision: { ...revision } }), lagMs, sinceMs: since }
}
