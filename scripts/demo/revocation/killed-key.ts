import { parseCompactToken } from '../../../src/token/compact.ts'
import { refused } from '../call-rows.ts'
import { CHECKOUTS, checkoutIn } from './checkouts.ts'
import { HeldConnections } from './held-connections.ts'
import { tellPresented } from './presented.ts'
import type { RevocationScene } from './scene.ts'
import { tellSpread } from './spread.ts'
import { Traffic } from './traffic.ts'

/** A call that is under way ends as one whose token is revoked; of a later one the key is not known any more. */
const REFUSED = ['TOKEN_INVALID', 'TOKEN_REVOKED'].map((reason) => refused('UNAUTHENTICATED', reason))

/** Storefront, orders and inventory hear of it one after the other, and each may be answering a checkout then. */
const UNDER_WAY = 3

/** The key that signs all tokens is known to have been stolen: what it signed is refused, and nobody has to be told. */
export async function tellKilledKey(scene: RevocationScene): Promise<void> {
  const { report, operator, replicas, credentialOf, tokenOf } = scene
  report.say('\nThe key that signs tokens is revoked, under traffic: a stolen token of it is refused, the shop goes on')
  const credential = await credentialOf('depot')
  const connections = new HeldConnections(replicas, credential, 'Restock')
  const traffic = new Traffic(CHECKOUTS, checkoutIn(scene))
  try {
    const token = await tokenOf(credential)
    const { keyId } = parseCompactToken(token)
    const revoke = () =>
      operator.run<{ readonly keyId: string }>(
        `revoke signing-key ${keyId}`,
        (killed) => `Key ${killed.keyId} is dead.`,
        keyId,
      )
    await tellSpread(report, { caller: 'depot', method: 'Restock', connections, token, revoke, expected: REFUSED })
    const next = await tokenOf(credential)
    if (parseCompactToken(next).keyId === keyId) throw new Error('The authority signs with a key that was revoked.')
    await tellPresented(report, 'depot', 'each replica, token of a new key', () => connections.present(next))
    await traffic.end(report, { more: 20, tolerated: UNDER_WAY })
  } finally {
    connections.close()
  }
}
