import type { TLSSocket } from 'node:tls'
import {
  type ConnectionInjector,
  Server,
  ServerCredentials,
  type ServerOptions,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { type AccessRules, requireRules } from '../access/access-rules.ts'
import { type Address, formatAddress, parseListenAddress } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { CredentialSource } from '../identity/credential-source.ts'
import type { TokenVerifier } from '../token/verify.ts'
import { logGrpcTo } from '../transport/grpc-log.ts'
import { type Listener, listen } from '../transport/listener.ts'
import { rulesOf } from '../transport/protos.ts'
import { resolveServerLimits, type ServerLimits } from '../transport/server-limits.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { guardService } from './callback-service.ts'
import { describeCalls } from './described-calls.ts'
import { adaptService } from './handler.ts'
import { LiveCalls } from './live-calls.ts'
import { serverInterceptor } from './server.ts'
import type { Handlers, ServiceType } from './service-types.ts'
import { wholeRequests } from './whole-requests.ts'

export interface MeshServerOptions {
  readonly credentials: CredentialSource
  /** From `createCallVerifier`, which remembers what it has verified, and bounds who is refused again and again. */
  readonly verifyToken: TokenVerifier
  /** Of the same service: whose calls are refused, and ended, whatever their token says. */
  readonly trust: TrustState
  /** Paths of methods that are answered also while trust is too old, such as one that tells how old. Default: none. */
  readonly answeredWithoutTrust?: ReadonlySet<string>
  readonly logger: Logger
  readonly clock: Clock
  /** Each has a default. */
  readonly limits?: Partial<ServerLimits> | undefined
}

const MINUTE_MS = 60_000

const CLOSE_GRACE_MS = 10_000
const FLUSH_MS = 500

/**
 * A gRPC server behind mutual TLS that lets no call through but by its access rule.
 * It refuses to start while any of its methods has none.
 */
export class MeshServer {
  readonly #options: MeshServerOptions
  readonly #limits: ServerLimits
  readonly #server: Server
  readonly #closing = new AbortController()
  readonly #calls: LiveCalls
  readonly #sockets = new Set<TLSSocket>()
  readonly #methods: string[] = []
  #rules: AccessRules
  #listener: Listener | undefined
  #state: 'new' | 'listening' | 'closed' = 'new'

  /** @throws AuthError CONFIGURATION_INVALID, naming every limit that is none */
  constructor(options: MeshServerOptions, rules: AccessRules) {
    this.#options = { ...options }
    this.#limits = resolveServerLimits(options.limits)
    this.#rules = rules
    logGrpcTo(options.logger)
    this.#calls = new LiveCalls(options)
    const interceptor = serverInterceptor({
      ...this.#options,
      ruleOf: (method) => this.#rules.ruleOf(method),
      metadataBytes: this.#limits.metadataBytes,
      calls: this.#calls,
    })
    this.#server = new Server({ ...serverOptions(this.#limits), interceptors: [interceptor, wholeRequests] })
  }

  /** Aborts when `close` begins: the sign for long streams to end. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /**
   * Adds a service whose handlers are written for grpc-js itself, with callbacks and streams. Its access rules come
   * with its definition where `loadProtos` loaded that; else the server's own have to name its methods.
   */
  addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation): void
  /**
   * Adds a service that `loadProtos` loaded; its access rules come with it. Services are added before `listen`.
   * @throws TypeError where a method has no handler
   */
  addService<Service extends ServiceType, Implementation extends Handlers<Service>>(
    service: Service,
    handlers: Implementation,
  ): void
  addService(service: ServiceType | ServiceDefinition, handlers: object): void {
    if (this.#state !== 'new') throw new TypeError('Add every service before the server listens.')
    const { logger } = this.#options
    const declared = typeof service === 'function' ? service.service : service
    const { definition, implementation } =
      typeof service === 'function'
        ? adaptService(service.service, handlers, logger)
        : guardService(service, handlers as UntypedServiceImplementation, logger)
    this.#rules = this.#rules.merge(rulesOf(declared))
    this.#methods.push(...Object.values(declared).map(({ path }) => path))
    this.#server.addService(definition, describeCalls(implementation))
  }

  /**
   * Starts to serve, once. Port 0 takes a free port; the result tells which.
   * @throws AuthError METHOD_NOT_DECLARED naming every method without an access rule, CONFIGURATION_INVALID
   */
  async listen(address: string): Promise<Address> {
    if (this.#state !== 'new') throw new TypeError('A server listens once: this one has, or was closed.')
    const parsed = parseListenAddress(address)
    requireRules(this.#rules, this.#methods)
    this.#state = 'listening'
    // The listener has verified the peer by the time a connection comes here: hence no second TLS.
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure())
    const { credentials, trust, logger, clock } = this.#options
    const listener = await listen(parsed, {
      credentials,
      trust,
      limits: this.#limits,
      logger,
      clock,
      accept: (socket) => this.#accept(socket, injector),
    }).catch((error: unknown) => {
      if (!this.#isClosed()) this.#state = 'new' // another address may do
      throw error
    })
    if (this.#isClosed()) {
      listener.close()
      throw new TypeError('The server was closed while it was about to listen.')
    }
    this.#listener = listener
    logger.info({ address: formatAddress(listener.address) }, 'listening')
    return listener.address
  }

  /** Stops accepting, lets calls end, and after a grace of 10 s cancels those that have not. */
  async close(): Promise<void> {
    this.#state = 'closed'
    this.#closing.abort()
    this.#listener?.close()
    // Tells clients to start no more calls here. For connections that were injected it does not wait by itself.
    this.#server.tryShutdown(() => {})
    const isSettled = await this.#calls.settle(CLOSE_GRACE_MS)
    this.#calls.close()
    // A connection closes once its last answer is out, but not that of a client which says nothing.
    setTimeout(() => this.#destroySockets(), isSettled ? FLUSH_MS : 0)
  }

  #destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(socket: TLSSocket, injector: ConnectionInjector): void {
    // A handshake may end after the server was closed.
    if (this.#isClosed()) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    injector.injectConnection(socket)
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }
}

function serverOptions(limits: ServerLimits): ServerOptions {
  return {
    // A peer is verified when it connects: it connects anew every so often.
    'grpc.max_connection_age_ms': limits.connectionAgeMs,
    'grpc.max_connection_age_grace_ms': limits.connectionAgeGraceMs,
    'grpc.max_concurrent_streams': limits.streamsPerConnection,
    // A connection whose other end is gone says nothing by itself.
    'grpc.keepalive_time_ms': MINUTE_MS,
    'grpc.keepalive_timeout_ms': MINUTE_MS / 3,
    'grpc.enable_channelz': 0,
  }
}
