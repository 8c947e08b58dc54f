import { lookAtKeys } from './ca-directory.ts'
import type { HeldCredential } from './held-credential.ts'
import { Rotation } from './rotation.ts'
import { type CaScene, everyoneMeets } from './scene.ts'

/** What the services hold by now. */
export interface Pair {
  readonly orders: HeldCredential
  readonly inventory: HeldCredential
}

/** Intermediate 2 takes the place of intermediate 1. */
export async function tellIntermediateRotation(scene: CaScene, first: Pair): Promise<Pair> {
  const { report, services } = scene
  const rotation = new Rotation(scene, 'intermediate')
  report.say('\nThe intermediate is rotated: after each step, all that is valid calls all that is valid')
  await rotation.prepare('intermediate 2')
  await rotation.activate('intermediate 2', ['intermediate 1'])
  const words = 'by intermediate 2, trusting root 1;'
  const [orders] = await Promise.all([
    services.renew('orders', words),
    rotation.refuses('retire', `2 certificates still valid, the last of them until ${lastExpiry(first)}`),
  ])
  await everyoneMeets(scene)
  const inventory = await services.renew('inventory', words)
  await everyoneMeets(scene)

  report.say('\n  Both services have replaced theirs: with that on record, nothing needs intermediate 1 any more')
  await services.supersede(first.orders, first.inventory)
  await rotation.retire('intermediate 1')
  await lookAtKeys(scene, 'intermediate 2, root 1')
  return { orders, inventory }
}

function lastExpiry({ orders, inventory }: Pair): string {
  return new Date(Math.max(orders.credential.notAfter, inventory.credential.notAfter)).toISOString()
}
