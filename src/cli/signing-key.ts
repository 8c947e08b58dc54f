import type { Command } from 'commander'
import { defineSigningKeyList } from './signing-key-list.ts'
import { defineSigningKeyRotate } from './signing-key-rotate.ts'

/** Adds to `signing-key` the commands on the keys that authorities sign tokens with. */
export function defineSigningKey(signingKey: Command): void {
  signingKey.description('the keys that sign tokens: each authority makes its own, and keeps them in memory')
  defineSigningKeyList(signingKey.command('list'))
  defineSigningKeyRotate(signingKey.command('rotate'))
}
