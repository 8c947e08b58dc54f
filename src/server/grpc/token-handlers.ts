import type { IssueToken } from '../../authority/issue-token.ts'
import type { Logger } from '../../core/logger.ts'
import { callerOf } from '../../interceptor/caller.ts'
import type { Handlers } from '../../interceptor/service-types.ts'
import type { TokenService } from '../../transport/authority-protos.ts'

/** `countersign.v1.TokenService` over the use cases. */
export function tokenHandlers(issueToken: IssueToken, logger: Logger): Handlers<typeof TokenService> {
  return {
    async issueToken(call) {
      const { peer } = callerOf(call)
      const { token, tokenId, audience, scopes, lifetimeSeconds } = await issueToken(peer, call.request)
      logger.info({ caller: peer.serviceId, audience, scopes, tokenId, lifetimeSeconds }, 'token issued')
      return { token, scopes: [...scopes], expiresInSeconds: lifetimeSeconds }
    },
  }
}
