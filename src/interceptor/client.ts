import { InterceptingCall, type Interceptor, ListenerBuilder } from '@grpc/grpc-js'
import type { AccessRule } from '../access/access-rule.ts'
import { type Logger, silentLogger } from '../core/logger.ts'
import { PendingToken } from '../transport/pending-token.ts'
import { encodeRefusal } from '../transport/status.ts'

/**
 * Asks for a token with each call whose access rule demands one: the token that the call's own credentials
 * describe, else one with every scope that policy grants. The channel of a generation binds it; over any other
 * channel the call fails. A call for which no token could be had ends with the authority's reason.
 */
export function clientInterceptor(
  ruleOf: (method: string) => AccessRule | undefined,
  logger: Logger = silentLogger,
): Interceptor {
  return (options, nextCall) => {
    const { path } = options.method_definition
    const { credentials: token = new PendingToken([]), ...others } = options
    if (!(token instanceof PendingToken)) throw ownCredentials()
    if (ruleOf(path)?.authentication === 'CERTIFICATE') {
      return new InterceptingCall(nextCall(others))
    }
    const listener = new ListenerBuilder()
      .withOnReceiveStatus((status, next) => {
        const { failure } = token
        if (failure === undefined) return next(status)
        const { code, message, logDetail, decisionId } = failure
        logger.warn({ method: path, code, reason: logDetail ?? message, decisionId }, 'no token for a call')
        next(encodeRefusal(failure))
      })
      .build()
    return new InterceptingCall(nextCall({ ...options, credentials: token }), {
      start(metadata, _, next) {
        // Beside ours it would not be refused but end the connection, and every call on it.
        if (metadata.get('authorization').length > 0) throw ownCredentials()
        next(metadata, listener)
      },
    })
  }
}

function ownCredentials(): TypeError {
  return new TypeError('Calls through Countersign bring no authorization and no call credentials of their own.')
}
