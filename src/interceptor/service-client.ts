import { Client, type ClientOptions, type MethodDefinition } from '@grpc/grpc-js'
import { type Logger, silentLogger } from '../core/logger.ts'
import type { MeshChannel } from '../transport/channel.ts'
import { rulesOf } from '../transport/protos.ts'
import { unusedCredentials } from '../transport/unused-credentials.ts'
import type { ClientCallOptions } from './call-options.ts'
import { clientInterceptor } from './client.ts'
import { clientMethod } from './client-method.ts'
import { methodNameOf } from './method-name.ts'
import type { ServiceClient, ServiceType } from './service-types.ts'

/**
 * A client of a service over a channel of ours. A method with one response returns a promise of it; one with a stream
 * of responses returns what `for await` reads: the call starts there, and leaving the loop cancels it. Where requests
 * are streamed, a method takes anything that can be iterated, and closes it when the call ends first.
 * Requests are not to be changed once they were sent: a call whose token is refused sends them again.
 * Calls fail with a CallError.
 * @param logger is told why no token could be had for a call
 */
export function createServiceClient<Service extends ServiceType>(
  service: Service,
  channel: MeshChannel,
  logger: Logger = silentLogger,
): ServiceClient<Service, ClientCallOptions> {
  const client = new Client(channel.getTarget(), unusedCredentials(), clientOptions(service, channel, logger))
  const methods = Object.entries<MethodDefinition<unknown, unknown>>(service.service)
  return Object.fromEntries(
    methods.map(([name, method]) => [methodNameOf(name), clientMethod(client, method)]),
  ) as ServiceClient<Service, ClientCallOptions>
}

/** The client that grpc-js makes of a service, with its callbacks and streams, over a channel of ours. */
export function createCallbackClient<Service extends ServiceType>(
  service: Service,
  channel: MeshChannel,
  logger: Logger = silentLogger,
): InstanceType<Service> {
  const options = clientOptions(service, channel, logger)
  return new service(channel.getTarget(), unusedCredentials(), options) as InstanceType<Service>
}

function clientOptions({ service }: ServiceType, channel: MeshChannel, logger: Logger): ClientOptions {
  const rules = rulesOf(service)
  return { channelOverride: channel, interceptors: [clientInterceptor((method) => rules.ruleOf(method), logger)] }
}
