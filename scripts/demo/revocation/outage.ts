import type { Credential } from 'countersign'
import { refused, tellCall } from '../call-rows.ts'
import type { Outcome } from '../report.ts'
import { CHECKOUTS, checkoutIn } from './checkouts.ts'
import { HeldConnections } from './held-connections.ts'
import { killWhileRevoking } from './kill-while-revoking.ts'
import { type LaterReplica, startLaterReplica } from './later-replica.ts'
import { tellNoToken } from './no-token.ts'
import { tellPresented, worstOf } from './presented.ts'
import { tellReturn } from './return.ts'
import type { RevocationScene } from './scene.ts'
import { askReplica } from './status.ts'
import { revokeByOperator } from './tokens.ts'
import { Traffic } from './traffic.ts'

/** The authority is killed while it revokes: the shop goes on without, and nothing that was revoked is forgotten. */
export async function tellOutage(scene: RevocationScene): Promise<void> {
  const { report, replicas, credentialOf, tokenOf } = scene
  report.say('\nThe authority is killed (SIGKILL), while guard revokes one token after the other')
  const depot = await credentialOf('depot')
  const later = await startLaterReplica(scene)
  const connections = new HeldConnections(replicas, depot, 'Restock')
  try {
    const unheard = await tokenOf(depot)
    const acknowledged = await killWhileRevoking(scene, depot)
    const traffic = new Traffic(CHECKOUTS, checkoutIn(scene))
    await tellGoingOn(scene, later, { depot, connections, unheard })
    await tellEnd(scene, later, { depot, token: unheard })
    await tellReturn(scene, { depot, connections, unheard, acknowledged, traffic })
  } finally {
    connections.close()
    await later.close()
  }
}

interface Holding {
  readonly depot: Credential
  readonly connections: HeldConnections
  /** Revoked while nobody can hear of it. */
  readonly unheard: string
}

async function tellGoingOn(
  scene: RevocationScene,
  later: LaterReplica,
  { depot, connections, unheard }: Holding,
): Promise<void> {
  const { report, inventory } = scene
  report.say(
    '\n  No authority runs: calls go on with the tokens that services hold. Inventory 4 has a clock that the story',
  )
  report.say('  sets ahead, by 20 seconds: what would take long is seen at once')
  later.setAhead(20_000)
  await Promise.all([
    askReplica(scene, inventory, 'fresh'),
    askReplica(scene, later, 'stale'),
    revokeByOperator(scene, unheard),
  ])
  await tellPresented(report, 'depot', 'each replica, as none can hear', () => connections.present(unheard))
  await presentAt(later, depot, (present) =>
    tellPresented(report, 'depot', `${later.name}, which is stale`, async () => [await present(unheard)]),
  )
  await tellNoToken(scene, 'depot', depot)
}

/** Whoever has heard of no authority for five minutes refuses what may have been revoked. */
async function tellEnd(
  scene: RevocationScene,
  later: LaterReplica,
  { depot, token }: { readonly depot: Credential; readonly token: string },
): Promise<void> {
  const { report } = scene
  report.say('\n  As it is 6 minutes later: that is too long')
  later.setAhead(360_000)
  const expected = refused('UNAVAILABLE', 'VERIFIER_NOT_READY')
  await askReplica(scene, later, 'dead')
  await presentAt(later, depot, (present) =>
    tellCall(report, 'depot', `${later.name}, which is dead`, expected, () => present(token)),
  )
  later.setAhead(0)
}

async function presentAt(
  later: LaterReplica,
  depot: Credential,
  use: (present: (token: string) => Promise<Outcome>) => Promise<unknown>,
): Promise<void> {
  const connections = new HeldConnections([later], depot, 'Restock')
  try {
    await use(async (token) => worstOf(await connections.present(token)))
  } finally {
    connections.close()
  }
}
