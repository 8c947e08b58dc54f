import type { Credential } from 'countersign'
import { monotonicClock, systemClock } from '../../../src/core/clock.ts'
import { refused } from '../call-rows.ts'
import { startLaterInventory } from '../later.ts'
import type { Outcome } from '../report.ts'
import { HeldConnections } from './held-connections.ts'
import type { RevocationScene } from './scene.ts'
import { askAuthority, askReplica } from './status.ts'
import type { Traffic } from './traffic.ts'

/** What is left of the outage when it ends. */
export interface Remains {
  readonly depot: Credential
  readonly connections: HeldConnections
  /** Revoked by a command while no authority ran. */
  readonly unheard: string
  /** Their revocation was acknowledged before the authority was killed. */
  readonly acknowledged: readonly string[]
  /** It has gone on meanwhile. */
  readonly traffic: Traffic
}

const REVOKED = refused('UNAUTHENTICATED', 'TOKEN_REVOKED')

/** The authority comes back, and with it all that was revoked. */
export async function tellReturn(scene: RevocationScene, remains: Remains): Promise<void> {
  const { report, authority, inventory, stage } = scene
  const { depot, connections, unheard, acknowledged, traffic } = remains
  report.say('\n  The authority starts again, and services hear it within seconds')
  const refusing = connections.untilRefused(unheard, { pauseMs: 20 })
  await authority.startAgain()
  const backAt = monotonicClock()
  for (const { replica, outcome, at } of await refusing) {
    const called = `${replica}, revoked meanwhile`
    report.row({ caller: 'depot', called, expected: REVOKED, actual: outcome, durationMs: at - backAt })
  }
  await traffic.end(report, { more: 20 })
  await tellKept(scene, 'the three replicas', await presentAll(connections, acknowledged))

  const { address, workload } = await startLaterInventory(authority.address, stage.credentials, systemClock)
  const newcomer = new HeldConnections([{ name: 'inventory 5', address }], depot, 'Restock')
  try {
    await tellKept(scene, 'a replica that has started since', await presentAll(newcomer, acknowledged))
    await Promise.all([askReplica(scene, inventory, 'fresh'), askAuthority(scene, 'all of them up to date')])
  } finally {
    newcomer.close()
    await workload.close()
  }
}

async function presentAll(connections: HeldConnections, tokens: readonly string[]): Promise<Presented> {
  const start = monotonicClock()
  const outcomes = await Promise.all(tokens.map((token) => connections.present(token)))
  return { outcomes: outcomes.flat(), durationMs: monotonicClock() - start }
}

interface Presented {
  readonly outcomes: readonly Outcome[]
  readonly durationMs: number
}

function tellKept({ report }: RevocationScene, where: string, { outcomes, durationMs }: Presented): void {
  const kept = outcomes.filter(({ outcome, reason }) => outcome === REVOKED.outcome && reason === REVOKED.reason)
  const lost = outcomes.length - kept.length
  report.step({
    kind: 'effect',
    what: `what was acknowledged before, at ${where}`,
    expected: { outcome: 'seen', reason: '0 lost' },
    actual: { outcome: 'seen', reason: `${lost} lost` },
    durationMs,
    told: `${kept.length} of ${outcomes.length} refused: TOKEN_REVOKED. ${lost} lost.`,
  })
}
