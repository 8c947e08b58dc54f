import type { Command } from 'commander'
import { toEpochSeconds } from '../core/clock.ts'
import { useCa } from './ca-context.ts'
import { knownService } from './known-service.ts'
import { writeResult } from './result.ts'
import { ROOM_FOR_SKEW, stillOpen } from './still-open.ts'
import { appendChange, type ChangeArguments, heardAt, withChange } from './trust-change.ts'

export function defineRevokeClient(command: Command): void {
  withChange(command)
    .description('revoke all tokens that a client was issued up to now, and none of its certificates')
    .argument('<client>', 'the path of a service, such as orders, or a token\'s "client_id"')
    .action(revokeClient)
}

async function revokeClient(client: string, args: ChangeArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const clientId = await knownService(client, open)
    const upTo = toEpochSeconds(open.clock())
    const revision = await appendChange({ kind: 'client', id: clientId, upTo }, args, open)
    const revokedAt = new Date(upTo * 1000).toISOString()
    writeResult(command, { clientId, revokedAt, revision }, [
      `Revoked all tokens that ${clientId} was issued up to ${revokedAt}.`,
      heardAt(revision),
      ROOM_FOR_SKEW,
      stillOpen(clientId, args),
    ])
  })
}
