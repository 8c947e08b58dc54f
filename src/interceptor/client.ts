import { InterceptingCall, type Interceptor, ListenerBuilder } from '@grpc/grpc-js'
import type { AccessRule } from '../access/access-rule.ts'
import { randomId } from '../core/encoding.ts'
import { PendingToken } from '../transport/pending-token.ts'
import { encodeRefusal } from '../transport/status.ts'

/**
 * Asks for a token with each call whose access rule demands one: the token that the call's own credentials
 * describe, else one with every scope that policy grants. The channel of a generation binds it; over any other
 * channel the call fails. A call for which no token could be had ends with the authority's reason.
 */
export function clientInterceptor(ruleOf: (method: string) => AccessRule | undefined): Interceptor {
  return (options, nextCall) => {
    const { credentials: token = new PendingToken([]), ...others } = options
    if (!(token instanceof PendingToken)) throw ownCredentials()
    if (ruleOf(options.method_definition.path)?.authentication === 'CERTIFICATE') {
      return new InterceptingCall(nextCall(others))
    }
    const listener = new ListenerBuilder()
      .withOnReceiveStatus((status, next) =>
        next(token.failure === undefined ? status : encodeRefusal(token.failure, randomId())),
      )
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
