import type { Command } from 'commander'
import { stateOf, useCa } from './ca-context.ts'
import { writeResult } from './result.ts'
import { type ChangeArguments, withChange } from './trust-change.ts'

export function defineSigningKeyRotate(command: Command): void {
  withChange(command)
    .description('have every authority that runs sign with a new key; what was signed before stays good')
    .action(rotateSigningKeys)
}

async function rotateSigningKeys(args: ChangeArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    await stateOf(open)
    const { store, clock, operator } = open
    const at = clock()
    await store.trustLog.requestKeyRotation({ by: operator, at, reason: args.reason })
    writeResult(command, { requestedAt: new Date(at).toISOString() }, [
      'Asked for new signing keys: every authority that runs makes one, and signs with it once services know it.',
      'Tokens of the former keys stay good until they expire: "countersign revoke signing-key" ends one at once.',
    ])
  })
}
