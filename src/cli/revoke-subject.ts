import type { Command } from 'commander'
import { parseRevocableSubject } from '../authority/revocation/revocable-subject.ts'
import { toEpochSeconds } from '../core/clock.ts'
import { stateOf, useCa } from './ca-context.ts'
import { knownService } from './known-service.ts'
import { writeResult } from './result.ts'
import { ROOM_FOR_SKEW } from './still-open.ts'
import { appendChange, type ChangeArguments, heardAt, withChange } from './trust-change.ts'

export function defineRevokeSubject(command: Command): void {
  withChange(command)
    .description('revoke all tokens that were issued up to now on behalf of a subject')
    .argument('<subject>', 'a token\'s "sub": the ID of a service, or user:…, client:…, owner:…')
    .action(revokeSubject)
}

async function revokeSubject(text: string, args: ChangeArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const subject = parseRevocableSubject(text, (await stateOf(open)).trustDomain)
    if (subject.includes('://')) await knownService(subject, open)
    const upTo = toEpochSeconds(open.clock())
    const revision = await appendChange({ kind: 'subject', id: subject, upTo }, args, open)
    const revokedAt = new Date(upTo * 1000).toISOString()
    writeResult(command, { subject, revokedAt, revision }, [
      `Revoked all tokens that were issued on behalf of ${subject} up to ${revokedAt}.`,
      heardAt(revision),
      ROOM_FOR_SKEW,
    ])
  })
}
