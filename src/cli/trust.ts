import type { Command } from 'commander'
import { defineTrustStatus } from './trust-status.ts'

/** Adds to `trust` the commands that look at what processes trust. */
export function defineTrust(trust: Command): void {
  trust.description('look at what authorities publish, and what services know of it')
  defineTrustStatus(trust.command('status'))
}
