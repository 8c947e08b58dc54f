import type { HeldCredential } from './held-credential.ts'
import { writeRequest } from './requests.ts'
import { type CaScene, everyoneMeets } from './scene.ts'

/** What was issued first. */
export interface FirstIssued {
  readonly orders: HeldCredential
  readonly inventory: HeldCredential
  readonly billing: HeldCredential
}

/** Three services get certificates. One keeps its key to itself, and has a request signed. */
export async function tellIssue(scene: CaScene): Promise<FirstIssued> {
  const { stage, report, services, meetings } = scene
  report.say('\nServices get certificates; billing makes its key itself, and the CA sees a request')
  await writeRequest(stage, 'billing')
  const words = 'by intermediate 1, trusting root 1;'
  const [orders, inventory, billing] = await Promise.all([
    services.issue('orders', words),
    services.issue('inventory', words),
    services.sign('billing', words),
  ])
  await meetings.accepted(orders, inventory)
  await everyoneMeets(scene)
  return { orders, inventory, billing }
}
