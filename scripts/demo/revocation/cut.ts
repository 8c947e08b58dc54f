import { monotonicClock } from '../../../src/core/clock.ts'
import { refused, tellCall } from '../call-rows.ts'
import type { LogLine } from '../child.ts'
import { connectedAs, intrude } from '../intruders.ts'
import type { InventoryMethod } from '../raw-client.ts'
import { HeldConnections } from './held-connections.ts'
import type { Replica, RevocationScene } from './scene.ts'
import { tellSpread } from './spread.ts'

/** A service whose certificate is good no more. */
export interface Fallen {
  readonly service: string
  readonly method: InventoryMethod
  /** Ends the trust in its certificate, and reports that. */
  readonly revoke: () => Promise<unknown>
}

const REVOKED = 'CERTIFICATE_REVOKED'

/** Reports what becomes of a service's calls, of its open connections, and of those that it would make. */
export async function tellCut(scene: RevocationScene, { service, method, revoke }: Fallen): Promise<void> {
  const { report, replicas, credentialOf, tokenOf } = scene
  const credential = await credentialOf(service)
  const token = await tokenOf(credential)
  const connections = new HeldConnections(replicas, credential, method)
  for (const { child } of replicas) child.skipLines()
  try {
    const expected = [refused('UNAUTHENTICATED', REVOKED)]
    const begunAt = await tellSpread(report, { caller: service, method, connections, token, revoke, expected })
    const remaining = await connections.untilCut()
    await tellCutOf(scene, replicas, { peer: 'caller', service, begunAt, remaining })
  } finally {
    connections.close()
  }
  for (const { name, address, child } of replicas) {
    const called = `${name}, new handshake`
    await tellCall(report, service, called, refused('UNAVAILABLE', REVOKED), async () => {
      const outcome = await intrude(address, method, connectedAs(credential), `Bearer ${token}`)
      const { code } = await child.nextLine(({ msg }) => msg === 'handshake refused')
      return { ...outcome, reason: String(code) }
    })
  }
}

/** Connections that should be cut. */
export interface CutEnd {
  /** What the service is to those that cut them. */
  readonly peer: 'caller' | 'server'
  readonly service: string
  /** Since when, on the monotonic clock. */
  readonly begunAt: number
  /** How many still stand, where the story has seen that. */
  readonly remaining?: number
}

/** Reports that connections were cut, as the logs of those say that did it. */
export async function tellCutOf(
  { report }: RevocationScene,
  replicas: readonly Pick<Replica, 'name' | 'child'>[],
  { peer, service, begunAt, remaining = 0 }: CutEnd,
): Promise<void> {
  const durationMs = monotonicClock() - begunAt
  const isCut = (line: LogLine) =>
    String(line['msg']).startsWith('connection cut') && String(line[peer]).endsWith(`/${service}`)
  const lines = await Promise.all(replicas.map(({ child }) => child.nextLine(isCut)))
  const codes = [...new Set(lines.map(({ code }) => String(code)))].join(', ')
  const names = replicas.map(({ name }) => name).join(', ')
  report.step({
    kind: 'effect',
    what: `open connections ${peer === 'caller' ? 'from' : 'to'} ${service}`,
    expected: { outcome: 'seen', reason: `${REVOKED}, 0 remain` },
    actual: { outcome: 'seen', reason: `${codes}, ${remaining} remain` },
    durationMs,
    told: `Cut by ${names}: ${codes}.`,
  })
}
