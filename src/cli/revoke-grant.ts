import type { Command } from 'commander'
import { revocationById } from '../authority/revocation/revocable-id.ts'
import { stateOf, useCa } from './ca-context.ts'
import { writeResult } from './result.ts'
import { appendChange, type ChangeArguments, heardAt, withChange } from './trust-change.ts'

export function defineRevokeGrant(command: Command): void {
  withChange(command)
    .description('revoke every token that descends from a grant')
    .argument('<id>', 'a token\'s "grant_id"; of one that a service has fetched for itself, its "jti"')
    .action(revokeGrant)
}

async function revokeGrant(id: string, args: ChangeArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    await stateOf(open)
    const revision = await appendChange(revocationById('grant', id, open.clock), args, open)
    writeResult(command, { grantId: id, revision }, [
      `Revoked grant ${id}, and with it all tokens that descend from it.`,
      heardAt(revision),
      'Whether there is such a grant is not checked. Who had it can be given another one.',
    ])
  })
}
