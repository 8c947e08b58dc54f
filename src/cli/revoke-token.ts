import type { Command } from 'commander'
import { readPublishedKeys } from '../authority/log/published-keys.ts'
import { verifyRevocableToken } from '../authority/revocation/revocable-token.ts'
import { useCa } from './ca-context.ts'
import { keyAnchorsOf } from './key-anchors.ts'
import { loadToken } from './load-token.ts'
import { writeResult } from './result.ts'
import { stillOpen } from './still-open.ts'
import { appendChange, type ChangeArguments, heardAt, withChange } from './trust-change.ts'

export function defineRevokeToken(command: Command): void {
  withChange(command)
    .description('revoke one token, which is verified first')
    .argument('<file>', 'what holds the token; - is standard input')
    .action(revokeToken)
}

async function revokeToken(source: string, args: ChangeArguments, command: Command): Promise<void> {
  const text = await loadToken(source)
  await useCa(args, async (open) => {
    const { clock, store } = open
    const { keys } = await readPublishedKeys(store.trustLog, await keyAnchorsOf(open))
    const { claims, revocation } = await verifyRevocableToken(text, { keys, clock })
    const { tokenId, clientId, audience } = claims
    const expiresAt = new Date(claims.expiresAt * 1000).toISOString()
    const result = { tokenId, clientId, audience, expiresAt }
    if (revocation === undefined) {
      const line = `Token ${tokenId} has expired at ${expiresAt}: there is nothing to revoke.`
      return writeResult(command, { ...result, revoked: false }, [line])
    }
    const revision = await appendChange(revocation, args, open)
    writeResult(command, { ...result, revoked: true, revision }, [
      `Revoked token ${tokenId} of ${clientId} for ${audience}, which would have expired at ${expiresAt}.`,
      heardAt(revision),
      stillOpen(clientId, args),
    ])
  })
}
