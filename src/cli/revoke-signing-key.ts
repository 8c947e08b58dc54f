import type { Command } from 'commander'
import { readPublishedKeys } from '../authority/log/published-keys.ts'
import { AuthError } from '../core/errors.ts'
import { LAST_SECOND } from '../trust/change.ts'
import { commandOf, useCa } from './ca-context.ts'
import { keyAnchorsOf } from './key-anchors.ts'
import { writeResult } from './result.ts'
import { appendChange, type ChangeArguments, heardAt, withChange } from './trust-change.ts'

export function defineRevokeSigningKey(command: Command): void {
  withChange(command)
    .description('revoke a signing key of an authority, and with it all tokens that it signed')
    .argument('<key-id>', 'as "countersign signing-key list" shows it')
    .action(revokeSigningKey)
}

async function revokeSigningKey(keyId: string, args: ChangeArguments, command: Command): Promise<void> {
  await useCa(args, async (open) => {
    const { keys } = await readPublishedKeys(open.store.trustLog, await keyAnchorsOf(open))
    const key = keys.get(keyId)
    if (key === undefined) {
      const list = commandOf('signing-key list', args)
      throw new AuthError('REQUEST_INVALID', `No authority has published a key ${keyId}: ${list} shows what there is.`)
    }
    const { issuer } = key
    // Whoever has the key may publish it once more, as it was published at first, while the store lets him.
    const revision = await appendChange({ kind: 'signingKey', id: keyId, until: LAST_SECOND }, args, open)
    writeResult(command, { keyId, issuer, revision }, [
      `Revoked signing key ${keyId}, and with it all tokens that it signed.`,
      heardAt(revision),
      'Its authority goes on with a new one, and services fetch new tokens by themselves.',
    ])
  })
}
