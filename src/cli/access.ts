import type { Command } from 'commander'
import { defineAccessManifest } from './access-manifest.ts'

/** Adds to `access` the commands that read access rules. */
export function defineAccess(access: Command): void {
  access.description('look at the access rules in .proto files')
  defineAccessManifest(access.command('manifest'))
}
