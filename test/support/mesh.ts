import { createSecureContext } from 'node:tls'
import { type ChannelCredentials, credentials } from '@grpc/grpc-js'
import { type Address, formatAddress } from '../../src/core/address.ts'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import type { Credential } from '../../src/identity/credential.ts'
import type { MeshServer } from '../../src/interceptor/mesh-server.ts'
import { secureContextOptions } from '../../src/transport/tls-options.ts'
import { joinWith } from '../../src/workload/join-mesh.ts'
import type { Workload } from '../../src/workload/workload.ts'
import { startAuthority, type TestAuthority } from './authority.ts'
import { type CapturingLogger, capturingLogger } from './log.ts'
import { createTestCa, type TestCa } from './pki.ts'
import { Warehouse, type WarehouseHandlers } from './warehouse.ts'

/** An authority, and a `warehouse` that it vouches for. */
export interface TestMesh {
  readonly pki: TestCa
  readonly authority: TestAuthority
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
  const pki = createTestCa()
  const authority = await startAuthority({ pki, policy: options.policy ?? POLICY })
  const workloads: Workload[] = []

  async function join(service: string, joining: JoinOptions = {}): Promise<Workload> {
    const workload = await joinAs(joining.credential ?? pki.credential(service), authority.address, joining)
    workloads.push(workload)
    return workload
  }

  const log = capturingLogger()
  const warehouse = await join('warehouse', { ...options, logger: log })
  const server = warehouse.createServer()
  server.addService(Warehouse, handlers)
  const address = formatAddress(await server.listen('localhost:0'))
  return {
    pki,
    authority,
    address,
    log,
    server,
    join,
    async close() {
      for (const workload of workloads.toReversed()) await workload.close()
      await authority.close()
    },
  }
}

/** What `joinMesh` does, with a credential that is on no disk. */
export function joinAs(credential: Credential, authority: Address, options: JoinOptions = {}): Promise<Workload> {
  const { clock = systemClock, logger = capturingLogger() } = options
  return joinWith(credential, { authority, logger, clock })
}

/** Mutual TLS as stock grpc-js has it, for calls that no client of ours would make. */
export function plainTls(credential: Credential): ChannelCredentials {
  return credentials.createFromSecureContext(createSecureContext(secureContextOptions(credential)))
}
