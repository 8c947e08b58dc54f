import { setTimeout } from 'node:timers/promises'
import { monotonicClock } from '../../../src/core/clock.ts'
import { parseCompactToken } from '../../../src/token/compact.ts'
import type { Report } from '../report.ts'
import { HeldConnections } from './held-connections.ts'
import { worstOf } from './presented.ts'
import type { RevocationScene } from './scene.ts'
import { Traffic } from './traffic.ts'

/** Verifiers hear of a key five seconds before it signs. */
const GIVE_UP_MS = 15_000
const POLL_MS = 50

/**
 * The key that signs tokens gives way to another, while tokens are fetched and presented.
 * @param meanwhile what the story tells until the next key signs
 */
export async function tellRotation(scene: RevocationScene, meanwhile: () => Promise<void>): Promise<void> {
  const { report, operator, replicas, credentialOf, tokenOf } = scene
  report.say('\nThe key is rotated, under traffic: orders fetches a token for each call. The next key is published,')
  report.say('and signs five seconds later, when every verifier knows it')
  const credential = await credentialOf('orders')
  const connections = new HeldConnections(replicas, credential, 'Reserve')
  const begunAt = monotonicClock()
  const keys = new Map<string, number>()
  const present = async () => {
    const token = await tokenOf(credential)
    const { keyId } = parseCompactToken(token)
    if (!keys.has(keyId)) keys.set(keyId, monotonicClock())
    return worstOf(await connections.present(token))
  }
  const traffic = new Traffic('orders → each replica Reserve, each time with a new token', present, POLL_MS)
  try {
    await operator.run('signing-key rotate', () => 'The next key was asked for.', 'asked for')
    await meanwhile()
    report.say('\n  The rotation, meanwhile')
    const giveUpAt = monotonicClock() + GIVE_UP_MS
    while (keys.size < 2 && monotonicClock() < giveUpAt) await setTimeout(POLL_MS)
    await traffic.end(report, { more: 20 })
    tellKeys(report, keys, begunAt)
  } finally {
    connections.close()
  }
}

/** @param keys when a token of each came first */
function tellKeys(report: Report, keys: ReadonlyMap<string, number>, begunAt: number): void {
  const words = (count: number) => `${count} keys`
  report.step({
    kind: 'effect',
    what: 'from the first token to one of the next key',
    expected: { outcome: 'seen', reason: words(2) },
    actual: { outcome: 'seen', reason: words(keys.size) },
    durationMs: Math.max(...keys.values()) - begunAt,
    told: `${words(keys.size)}: ${[...keys.keys()].join(', ')}.`,
  })
}
