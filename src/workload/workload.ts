import { AccessRules } from '../access/access-rules.ts'
import { parseAddress } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { MemoryCredentialSource } from '../identity/credential-source.ts'
import { parseServicePath, type ServiceId } from '../identity/service-id.ts'
import type { ClientCallOptions } from '../interceptor/call-options.ts'
import { createCallVerifier } from '../interceptor/call-verifier.ts'
import { MeshServer } from '../interceptor/mesh-server.ts'
import { createCallbackClient, createServiceClient } from '../interceptor/service-client.ts'
import type { ServiceClient, ServiceType } from '../interceptor/service-types.ts'
import { VerifierService } from '../transport/authority-protos.ts'
import type { MeshChannel } from '../transport/channel.ts'
import type { ServerLimits } from '../transport/server-limits.ts'
import type { Revision } from '../trust/revision.ts'
import type { TrustState } from '../trust/trust-state.ts'
import type { Generation } from './generation.ts'
import { parseTarget, type RevocationTarget } from './revocation-target.ts'
import { revoke } from './revoke.ts'
import { ANSWERED_WITHOUT_TRUST, verifierHandlers } from './verifier-status.ts'

export interface WorkloadParts {
  readonly generation: Generation
  readonly trust: TrustState
  readonly logger: Logger
  readonly clock: Clock
  /** Runs when the workload closes. */
  readonly leave: () => void
}

/** What may be read of a `TrustState`. */
export type TrustView = Pick<TrustState, 'freshness' | 'revision' | 'entryCount' | 'clockAheadMs' | 'isUsable'>

export interface CreateServerOptions {
  /** For services whose `.proto` files cannot carry their rules. */
  readonly rules?: AccessRules
  /** Each has a default. */
  readonly limits?: Partial<ServerLimits>
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

  /** Whether it was closed. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** What this service knows of what to trust, and how fresh that is. */
  get trust(): TrustView {
    return this.#parts.trust
  }

  /**
   * A gRPC server that lets no call through but by its access rule. `countersign.v1.VerifierService`, by which operators ask
   * what it trusts, is part of it.
   * @throws AuthError CONFIGURATION_INVALID, naming every limit that is none
   */
  createServer({ rules = AccessRules.empty, limits }: CreateServerOptions = {}): MeshServer {
    this.#requireOpen()
    const { generation, trust, logger, clock } = this.#parts
    const credentials = new MemoryCredentialSource(generation.credential)
    const verifyToken = createCallVerifier({ audience: this.serviceId, trust, clock })
    const answeredWithoutTrust = ANSWERED_WITHOUT_TRUST
    const options = { credentials, verifyToken, trust, answeredWithoutTrust, logger, clock, limits }
    const server = new MeshServer(options, rules)
    server.addService(VerifierService, verifierHandlers(trust))
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

  /**
   * Revokes something, for good, at an authority. Resolves once that is on disk; other services refuse what was revoked
   * within a fraction of a second. This service needs a grant of the scope `trust.revoke` at `countersign/authority`.
   * Where it fails without an answer, try again: to revoke twice is to revoke.
   * @param reason for the record, in words
   * @returns the revision of the trust log from which on verifiers refuse it; `undefined` where there was nothing to revoke
   * @throws TypeError where the target names none of what can be revoked, or several
   * @throws AuthError REQUEST_INVALID for what is no service
   * @throws CallError with the authority's `reason`; without one where no authority answered
   */
  async revoke(target: RevocationTarget, reason = ''): Promise<Revision | undefined> {
    this.#requireOpen()
    const { generation, logger } = this.#parts
    const { kind, text } = parseTarget(target, generation.credential.trustDomain)
    return revoke(generation, { [kind]: text, reason }, logger)
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
