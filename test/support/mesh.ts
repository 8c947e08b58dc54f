import type { ChannelCredentials } from '@grpc/grpc-js'
import { type Address, formatAddress } from '../../src/core/address.ts'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import type { Credential } from '../../src/identity/credential.ts'
import type { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { channelCredentials } from '../../src/testing/stock-client.ts'
import type { TestClock } from '../../src/testing/test-clock.ts'
import { startTestMesh } from '../../src/testing/test-mesh.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { type TestAuthority, watched } from './authority.ts'
import { type CapturingLogger, capturingLogger } from './log.ts'
import { pkiOf, type TestCa } from './pki.ts'
import { Warehouse, type WarehouseHandlers } from './warehouse.ts'

/** An authority, and a `warehouse` that it vouches for. */
export interface TestMesh {
  readonly pki: TestCa
  readonly authority: TestAuthority
  /** Of the authority, and of services without a clock of their own. It stands still until it is moved. */
  readonly clock: TestClock
  /** Where the warehouse answers. */
  readonly address: string
  /** What the warehouse logs. */
  readonly log: CapturingLogger
  readonly server: MeshServer
  /** A service of the mesh, closed with it. */
  join(service: string, options?: JoinOptions): Promise<Workload>
  close(): Promise<void>
}

export interface JoinOptions {
  readonly clock?: Clock
  readonly credential?: Credential
  readonly logger?: CapturingLogger
}

export interface TestMeshOptions extends JoinOptions {
  /** The text of `policy.yaml`. */
  readonly policy?: string
}

/** Grants `orders` all that the warehouse has, and `shipping` less than it needs. */
const POLICY = `
grants:
  - caller: orders
    audience: warehouse
    scopes: [warehouse.pick, warehouse.ship, warehouse.store, warehouse.follow, warehouse.exchange]
  - { caller: shipping, audience: warehouse, scopes: [warehouse.ship] }
`

/** The real parts in one process, over TLS on free ports of `localhost`. */
export async function startMesh(handlers: WarehouseHandlers, options: TestMeshOptions = {}): Promise<TestMesh> {
  const authorityLog = capturingLogger()
  const mesh = await startTestMesh({ policy: options.policy ?? POLICY, logger: authorityLog })

  const join = (service: string, { credential, clock = mesh.clock, logger = capturingLogger() }: JoinOptions = {}) =>
    mesh.join(credential ?? service, { clock, logger })

  const log = capturingLogger()
  const warehouse = await join('warehouse', { ...options, logger: log })
  const server = warehouse.createServer()
  server.addService(Warehouse, handlers)
  const address = formatAddress(await server.listen('localhost:0'))
  return {
    pki: pkiOf(mesh.ca),
    authority: watched(mesh.authority, authorityLog),
    clock: mesh.clock,
    address,
    log,
    server,
    join,
    close: mesh.close,
  }
}

/** What `joinMesh` does, with a credential that is on no disk. */
export function joinAs(credential: Credential, authority: Address, options: JoinOptions = {}): Promise<Workload> {
  const { clock = systemClock, logger = capturingLogger() } = options
  return joinWith(credential, { authorities: [authority], logger, clock })
}

/** Mutual TLS as stock grpc-js has it, for calls that no client of ours would make. */
export function plainTls(credential: Credential): ChannelCredentials {
  return channelCredentials(credential)
}
