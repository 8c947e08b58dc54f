import { type CallOptions, Client, credentials, Metadata, type MethodDefinition } from '@grpc/grpc-js'
import { AuthError } from '../core/errors.ts'
import { type Logger, silentLogger } from '../core/logger.ts'
import { parseScope, type Scope } from '../core/scope.ts'
import type { MeshChannel } from '../transport/channel.ts'
import { PendingToken } from '../transport/pending-token.ts'
import { rulesOf } from '../transport/protos.ts'
import { CallError } from './call-error.ts'
import { clientInterceptor } from './client.ts'
import { methodNameOf } from './method-name.ts'
import type { PromiseClient, ServiceType } from './service-types.ts'

export interface ClientCallOptions {
  /** The scopes that the token shall carry, at least one. Left out: all that policy grants. */
  readonly scopes?: readonly string[]
  /** When the call shall have ended: a time, or milliseconds since 1970. */
  readonly deadline?: Date | number
  readonly metadata?: Metadata
}

/**
 * A client of a service's unary methods over a channel of ours: each method takes a request and returns
 * a promise of the response. Calls fail with a CallError.
 * @param logger is told why no token could be had for a call
 */
export function createPromiseClient<Service extends ServiceType>(
  service: Service,
  channel: MeshChannel,
  logger: Logger = silentLogger,
): PromiseClient<Service, ClientCallOptions> {
  const rules = rulesOf(service.service)
  const client = new Client(channel.getTarget(), credentials.createSsl(), {
    channelOverride: channel,
    interceptors: [clientInterceptor((method) => rules.ruleOf(method), logger)],
  })
  const methods = Object.entries<MethodDefinition<unknown, unknown>>(service.service)
    .filter(([, method]) => !method.requestStream && !method.responseStream)
    .map(([name, method]) => [methodNameOf(name), unaryMethod(client, method)])
  return Object.fromEntries(methods)
}

function unaryMethod(client: Client, method: MethodDefinition<unknown, unknown>) {
  const start = (request: unknown, options: ClientCallOptions) =>
    new Promise<unknown>((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        options.metadata?.clone() ?? new Metadata(),
        callOptions(options),
        (error, response) => (error === null ? resolve(response) : reject(new CallError(method.path, error))),
      )
    })
  return async (request: unknown, options: ClientCallOptions = {}): Promise<unknown> => {
    try {
      return await start(request, options)
    } catch (error) {
      throw error instanceof CallError ? error : CallError.fromThrown(method.path, error)
    }
  }
}

function callOptions({ scopes, deadline }: ClientCallOptions): CallOptions {
  return {
    ...(deadline === undefined ? {} : { deadline }),
    ...(scopes === undefined ? {} : { credentials: new PendingToken(parseScopes(scopes)) }),
  }
}

function parseScopes(scopes: readonly string[]): readonly Scope[] {
  if (scopes.length > 0) return scopes.map(parseScope)
  throw new AuthError('REQUEST_INVALID', 'Name a scope, or leave scopes out for all that policy grants.')
}
