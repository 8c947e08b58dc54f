import type { IssueToken } from '../../authority/issue-token.ts'
import type { Logger } from '../../core/logger.ts'
import type { WatchResponse } from '../../gen/countersign/v1/WatchResponse.ts'
import { callerOf } from '../../interceptor/caller.ts'
import type { Handlers } from '../../interceptor/service-types.ts'
import { encodePublicKey } from '../../token/verification-key.ts'
import type { TokenService, TrustService } from '../../transport/authority-protos.ts'
import type { TrustHead, TrustState } from '../../trust/trust-state.ts'

/** `countersign.v1.TokenService` over the use cases. */
export function tokenHandlers(issueToken: IssueToken, logger: Logger): Handlers<typeof TokenService> {
  return {
    async issueToken(call) {
      const { peer } = callerOf(call)
      const { token, tokenId, audience, scopes, lifetimeSeconds } = issueToken(peer, call.request)
      logger.info({ caller: peer.serviceId, audience, scopes, tokenId, lifetimeSeconds }, 'token issued')
      return { token, scopes: [...scopes], expiresInSeconds: lifetimeSeconds }
    },
  }
}

/** `countersign.v1.TrustService`: the state now, and again whenever it changes, until the server closes. */
export function trustHandlers(trust: TrustState, closing: AbortSignal): Handlers<typeof TrustService> {
  return {
    async *watch(_, { cancelled }) {
      const ended = AbortSignal.any([cancelled, closing])
      let sent: TrustHead | undefined
      while (!ended.aborted) {
        const head = trust.head()
        if (head === sent) await untilChange(trust, ended)
        else yield encodeSnapshot(head)
        sent = head
      }
    },
  }
}

function untilChange(trust: TrustState, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = trust.subscribe(finish)
    ended.addEventListener('abort', finish)
    function finish(): void {
      unsubscribe()
      ended.removeEventListener('abort', finish)
      resolve()
    }
  })
}

function encodeSnapshot({ issuer, keys }: TrustHead): WatchResponse {
  const published = [...keys.values()].map((key) => ({ keyId: key.keyId, publicKey: encodePublicKey(key) }))
  return { snapshot: { issuer, keys: published } }
}
