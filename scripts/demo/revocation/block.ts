import { setTimeout } from 'node:timers/promises'
import { monotonicClock } from '../../../src/core/clock.ts'
import { ALLOWED, refused, tellCall } from '../call-rows.ts'
import { connectedAs, intrude } from '../intruders.ts'
import type { Outcome } from '../report.ts'
import { checkoutIn } from './checkouts.ts'
import { tellCut, tellCutOf } from './cut.ts'
import { tellNoToken } from './no-token.ts'
import type { RevocationScene } from './scene.ts'

/** A service is blocked, whatever it holds, and goes on with just that once it is unblocked. */
export async function tellBlock(scene: RevocationScene): Promise<void> {
  const { report, operator, replicas, storefront, credentialOf, tokenOf } = scene
  report.say('\nA service is blocked: it is refused everywhere, cut off on both sides, and issued nothing')
  const credential = await credentialOf('orders')
  const token = await tokenOf(credential)
  const checkout = checkoutIn(scene)
  await tellCall(report, 'kiosk', 'storefront Checkout', ALLOWED, checkout)
  storefront.child.skipLines()
  const begunAt = monotonicClock()
  const revoke = () =>
    operator.run<{ readonly serviceId: string }>(
      'block orders',
      ({ serviceId }) => `${serviceId} is blocked.`,
      'orders is blocked',
    )
  await tellCut(scene, { service: 'orders', method: 'Reserve', revoke })
  await tellCutOf(scene, [storefront], { peer: 'server', service: 'orders', begunAt })
  await tellCall(report, 'kiosk', 'storefront Checkout, which needs orders', refused('INTERNAL', 'INTERNAL'), checkout)
  await tellNoToken(scene, 'orders', credential)
  await operator.runRefused('ca renew orders --out credentials', 'REQUEST_INVALID', 'The service is blocked')

  report.say('\n  It is unblocked: it goes on with the certificate and the tokens that it has')
  await operator.run('unblock orders', () => 'orders is not blocked.', 'not blocked')
  for (const { name, address } of replicas) {
    await tellCall(report, 'orders', `${name}, the same certificate`, ALLOWED, () =>
      untilAllowed(() => intrude(address, 'Reserve', connectedAs(credential), `Bearer ${token}`)),
    )
  }
  await tellCall(report, 'kiosk', 'storefront Checkout', ALLOWED, () => untilAllowed(checkout))
}

const GIVE_UP_MS = 5_000
const PAUSE_MS = 10

/** They have yet to hear of it. */
async function untilAllowed(call: () => Promise<Outcome>): Promise<Outcome> {
  const giveUpAt = monotonicClock() + GIVE_UP_MS
  for (;;) {
    const outcome = await call()
    if (outcome.outcome === 'allowed' || monotonicClock() > giveUpAt) return outcome
    await setTimeout(PAUSE_MS)
  }
}
