import type { Command } from 'commander'
import { defineRevokeCertificate } from './revoke-certificate.ts'
import { defineRevokeClient } from './revoke-client.ts'
import { defineRevokeGrant } from './revoke-grant.ts'
import { defineRevokeService } from './revoke-service.ts'
import { defineRevokeSigningKey } from './revoke-signing-key.ts'
import { defineRevokeSubject } from './revoke-subject.ts'
import { defineRevokeToken } from './revoke-token.ts'

/** Adds to `revoke` the commands that end trust before its time. */
export function defineRevoke(revoke: Command): void {
  revoke.description('revoke what was issued, for good')
  defineRevokeCertificate(revoke.command('certificate'))
  defineRevokeService(revoke.command('service'))
  defineRevokeToken(revoke.command('token'))
  defineRevokeGrant(revoke.command('grant'))
  defineRevokeSubject(revoke.command('subject'))
  defineRevokeClient(revoke.command('client'))
  defineRevokeSigningKey(revoke.command('signing-key'))
}
