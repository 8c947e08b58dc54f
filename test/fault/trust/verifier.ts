import { onTestFinished } from 'vitest'
import { type Address, formatAddress } from '../../../src/core/address.ts'
import { type Clock, systemClock } from '../../../src/core/clock.ts'
import type { Credential } from '../../../src/identity/credential.ts'
import type { TrustState } from '../../../src/trust/trust-state.ts'
import { joinWith } from '../../../src/workload/join-mesh.ts'
import type { TrustBounds } from '../../../src/workload/trust-bounds.ts'
import type { Workload } from '../../../src/workload/workload.ts'
import { handlersOfAllKinds } from '../../support/call-kinds.ts'
import { type CapturingLogger, capturingLogger, type LogLine } from '../../support/log.ts'
import { Warehouse, type WarehouseHandlers } from '../../support/warehouse.ts'

/** A warehouse that goes by what authorities publish. */
export interface Verifier {
  readonly workload: Workload
  /** What it knows. */
  readonly trust: TrustState
  /** Where it answers. */
  readonly address: string
  readonly log: CapturingLogger
  /** Lines of one kind. */
  logged(message: string): readonly LogLine[]
}

export interface VerifierOptions extends TrustBounds {
  readonly credential: Credential
  readonly authorities: readonly Address[]
  readonly clock?: Clock
  readonly handlers?: WarehouseHandlers
}

/** Closed after the test. */
export async function startVerifier(options: VerifierOptions): Promise<Verifier> {
  const { credential, authorities, clock = systemClock, handlers = handlersOfEveryOrder(), ...bounds } = options
  const log = quietLogger()
  const workload = await joinWith(credential, { authorities, clock, logger: log, ...bounds })
  const server = workload.createServer()
  server.addService(Warehouse, handlers)
  onTestFinished(() => workload.close())
  return {
    workload,
    // A workload shows less of it than it is.
    trust: workload.trust as TrustState,
    address: formatAddress(await server.listen('localhost:0')),
    log,
    logged: (message) => log.lines.filter((line) => line.message === message),
  }
}

/** A logger that keeps what is worth a look: of calls, those that are refused. */
export function quietLogger(): CapturingLogger {
  return Object.assign(capturingLogger(), { debug() {}, isLevelEnabled: () => false })
}

function handlersOfEveryOrder(): WarehouseHandlers {
  return handlersOfAllKinds(async function* ({ requests }) {
    for await (const { sku = '' } of requests) yield { note: sku }
  })
}
