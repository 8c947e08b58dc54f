import { AccessRules } from '../access/access-rules.ts'
import { parseAddress } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { MemoryCredentialSource } from '../identity/credential-source.ts'
import { parseServicePath, type ServiceId } from '../identity/service-id.ts'
import type { ClientCallOptions } from '../interceptor/call-options.ts'
import { MeshServer } from '../interceptor/mesh-server.ts'
import { createCallbackClient, createServiceClient } from '../interceptor/service-client.ts'
import type { ServiceClient, ServiceType } from '../interceptor/service-types.ts'
import { createTokenVerifier } from '../token/verify.ts'
import type { MeshChannel } from '../transport/channel.ts'
import type { TrustState } from '../trust/trust-state.ts'
import type { Generation } from './generation.ts'

export interface WorkloadParts {
  readonly generation: Generation
  readonly trust: TrustState
  readonly logger: Logger
  readonly clock: Clock
  /** Runs when the workload closes. */
  readonly leave: () => void
}

/** A service's place in the mesh: its identity, and what it serves and calls with it. Made by `joinMesh`. */
export class Workload {
  readonly #parts: WorkloadParts
  readonly #servers: MeshServer[] = []
  #isClosed = false

  constructor(parts: WorkloadParts) {
    this.#parts = parts
  }

  get serviceId(): ServiceId {
    return this.#parts.generation.credential.serviceId
  }

  /**
   * A gRPC server that lets no call through but by its access rule.
   * @param rules for services whose `.proto` files cannot carry their rules
   */
  createServer(rules: AccessRules = AccessRules.empty): MeshServer {
    this.#requireOpen()
    const { generation, trust, logger, clock } = this.#parts
    const credentials = new MemoryCredentialSource(generation.credential)
    const verifyToken = createTokenVerifier({ audience: this.serviceId, trustedIssuer: () => trust.head(), clock })
    const server = new MeshServer({ credentials, verifyToken, logger, clock }, rules)
    this.#servers.push(server)
    return server
  }

  /**
   * A client that fetches tokens and attaches them by itself.
   * @param service the path of the service that must answer: `inventory`
   * @param address where it answers, as host:port
   */
  createClient<Service extends ServiceType>(
    type: Service,
    service: string,
    address: string,
  ): ServiceClient<Service, ClientCallOptions> {
    return createServiceClient(type, this.#openChannel(service, address), this.#parts.logger)
  }

  /**
   * The same for code that is written for the client which grpc-js generates, with its callbacks and streams.
   * A call that brings interceptors of its own replaces those that attach the token.
   */
  createCallbackClient<Service extends ServiceType>(
    type: Service,
    service: string,
    address: string,
  ): InstanceType<Service> {
    return createCallbackClient(type, this.#openChannel(service, address), this.#parts.logger)
  }

  /** Closes all servers and clients that were made here: calls under way get 10 s to end. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#servers.map((server) => server.close()))
    this.#parts.leave()
    this.#parts.generation.close()
  }

  #openChannel(service: string, address: string): MeshChannel {
    this.#requireOpen()
    return this.#parts.generation.openChannel(parseServicePath(service), parseAddress(address))
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new TypeError('This workload was closed: join the mesh again.')
  }
}
