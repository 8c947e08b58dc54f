import { CallError, type Credential } from 'countersign'
import { monotonicClock } from '../../../src/core/clock.ts'
import type { RevocationScene } from './scene.ts'

const TOKENS = 12
const KILLED_AT = 6

/**
 * Revokes one token after the other, and kills the authority while it revokes one of them.
 * @returns the tokens whose revocation was acknowledged
 */
export async function killWhileRevoking(scene: RevocationScene, credential: Credential): Promise<readonly string[]> {
  const { report, authority, guard, tokenOf } = scene
  const tokens = await Promise.all(Array.from({ length: TOKENS }, () => tokenOf(credential)))
  const start = monotonicClock()
  const acknowledged: string[] = []
  let killed: Promise<void> | undefined
  for (const [index, token] of tokens.entries()) {
    const revoking = guard.revoke({ token })
    if (index === KILLED_AT) killed = authority.kill()
    const isAcknowledged = await revoking.then(() => true, isCallError)
    if (!isAcknowledged) break
    acknowledged.push(token)
  }
  await killed
  const words = (isRight: boolean) => `acknowledged ${isRight ? 'until' : 'after'} the authority was killed`
  const count = acknowledged.length
  report.step({
    kind: 'effect',
    what: `guard → authority Revoke, token after token, killed while it revokes number ${KILLED_AT + 1}`,
    expected: { outcome: 'seen', reason: words(true) },
    actual: { outcome: 'seen', reason: words(count === KILLED_AT || count === KILLED_AT + 1) },
    durationMs: monotonicClock() - start,
    told: `${count} revocations were acknowledged.`,
  })
  return acknowledged
}

function isCallError(error: unknown): false {
  if (error instanceof CallError) return false
  throw error
}
