import type { Interceptor } from '@grpc/grpc-js'
import type { AccessRule } from '../access/access-rule.ts'
import { type Logger, silentLogger } from '../core/logger.ts'
import { PendingToken } from '../transport/pending-token.ts'
import { ownCredentials, TokenCall } from './token-call.ts'

/**
 * Asks for a token with each call whose access rule demands one: the token that the call's own credentials
 * describe, else one with every scope that policy grants. The channel of a generation binds it; over any other
 * channel the call fails. A call for which no token could be had ends with the authority's reason.
 *
 * A call whose token the server refuses for a reason that another token may not have is started again, once, with
 * another: nothing of an answer has come, no handler has run. Its requests are kept until then, up to 64 of them, as
 * they were given: do not change one that was sent before its call has been answered.
 * @param ruleOf a method without a rule is taken to demand a token
 * @param logger is told of tokens that were refused, and of calls for which none could be had
 */
export function clientInterceptor(
  ruleOf: (method: string) => AccessRule | undefined,
  logger: Logger = silentLogger,
): Interceptor {
  return (options, nextCall) => {
    const { credentials: given } = options
    if (given !== undefined && !(given instanceof PendingToken)) throw ownCredentials()
    return new TokenCall({
      options,
      nextCall,
      // One token of this call's own: what is given may serve other calls too.
      token: new PendingToken(given?.scopes ?? []),
      isTokenDue: ruleOf(options.method_definition.path)?.authentication !== 'CERTIFICATE',
      logger,
    })
  }
}
