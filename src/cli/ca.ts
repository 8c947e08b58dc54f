import type { Command } from 'commander'
import { defineCaInit } from './ca-init.ts'
import { defineCaIssue } from './ca-issue.ts'

/** Adds to `ca` the commands that work on the CA's directory. */
export function defineCa(ca: Command): void {
  ca.description('make a certificate authority, and issue certificates to services')
  defineCaInit(ca.command('init'))
  defineCaIssue(ca.command('issue'))
}
