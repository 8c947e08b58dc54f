import { lookAtBundle, lookAtKeys } from './ca-directory.ts'
import type { HeldCredential } from './held-credential.ts'
import type { Pair } from './rotate-intermediate.ts'
import { Rotation } from './rotation.ts'
import { type CaScene, everyoneMeets } from './scene.ts'

/** Root 2 takes the place of root 1, and intermediate 3 that of intermediate 2. */
export async function tellRootRotation(scene: CaScene, first: Pair): Promise<Pair> {
  const root = new Rotation(scene, 'root')
  const intermediate = new Rotation(scene, 'intermediate')
  const updated = await tellBundle(scene, root, first)
  const replaced = await tellSuccession(scene, root, intermediate, updated)
  return tellEnd(scene, root, intermediate, first, replaced)
}

/** Verifiers learn of the new root before anything is issued below it. */
async function tellBundle(scene: CaScene, root: Rotation, first: Pair): Promise<Pair> {
  const { report, services } = scene
  report.say('\nThe root is rotated: first, every verifier is to know the next one')
  await root.prepare('root 2')
  await lookAtBundle(scene, 'root 1 and root 2')
  const words = 'by intermediate 2, trusting root 1 and root 2;'
  const [, orders, inventory] = await Promise.all([
    root.refuses('activate', 'was in the bundle are still valid'),
    services.renew('orders', words),
    services.renew('inventory', words),
  ])
  await everyoneMeets(scene)
  await services.supersede(first.orders, first.inventory)
  return { orders, inventory }
}

/** One of the services is replaced after the other: old calls new, and new calls old. */
async function tellSuccession(scene: CaScene, root: Rotation, intermediate: Rotation, updated: Pair): Promise<Pair> {
  const { report, services } = scene
  report.say('\n  The records show it: the next root takes over, and an intermediate below it')
  await root.activate('root 2', ['root 1'])
  await intermediate.prepare('intermediate 3')
  await intermediate.activate('intermediate 3', ['intermediate 2'])
  const words = 'by intermediate 3, trusting root 1 and root 2;'
  const [orders] = await Promise.all([
    services.renew('orders', words),
    root.refuses('retire', 'is retiring: rotate that intermediate first'),
  ])
  await everyoneMeets(scene)
  const inventory = await services.renew('inventory', words)
  await everyoneMeets(scene)
  await services.supersede(updated.orders, updated.inventory)
  return { orders, inventory }
}

/** Nothing that is valid is below the former root any more: it goes, and who knows no other is left alone. */
async function tellEnd(
  scene: CaScene,
  root: Rotation,
  intermediate: Rotation,
  first: Pair,
  replaced: Pair,
): Promise<Pair> {
  const { report, services, meetings } = scene
  report.say('\n  Nothing that is valid is below root 1 any more')
  await intermediate.retire('intermediate 2')
  await root.retire('root 1')
  await lookAtKeys(scene, 'intermediate 3, root 2')
  await lookAtBundle(scene, 'root 2')
  const inventory = await services.renew('inventory', 'by intermediate 3, trusting root 2;')
  await everyoneMeets(scene)

  report.say(
    '\n  Root 1 counts for nothing: not for who trusts it alone, and not for who has a certificate below it alone',
  )
  const { orders: old } = first
  await meetings.refused(old, inventory, 'client: UNABLE_TO_GET_ISSUER_CERT_LOCALLY')
  await meetings.refused(trusting(old, inventory), inventory, 'server: UNABLE_TO_GET_ISSUER_CERT_LOCALLY')
  return { orders: replaced.orders, inventory }
}

/** The same certificate, with the bundle of another. */
function trusting(old: HeldCredential, { roots, credential: { bundle } }: HeldCredential): HeldCredential {
  return { ...old, name: `${old.name} with the new bundle`, roots, credential: { ...old.credential, bundle } }
}
