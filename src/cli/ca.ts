import type { Command } from 'commander'
import { defineCaCrl } from './ca-crl.ts'
import { defineCaDistrust } from './ca-distrust.ts'
import { defineCaImport } from './ca-import.ts'
import { defineCaInit } from './ca-init.ts'
import { defineCaInspect } from './ca-inspect.ts'
import { defineCaIntermediate } from './ca-intermediate.ts'
import { defineCaIssue } from './ca-issue.ts'
import { defineCaList } from './ca-list.ts'
import { defineCaRenew } from './ca-renew.ts'
import { defineCaRotate } from './ca-rotate.ts'
import { defineCaSign } from './ca-sign.ts'

/** Adds to `ca` the commands that work on the CA's directory. */
export function defineCa(ca: Command): void {
  ca.description('make a certificate authority, and issue certificates to services')
  defineCaInit(ca.command('init'))
  defineCaIssue(ca.command('issue'))
  defineCaSign(ca.command('sign'))
  defineCaRenew(ca.command('renew'))
  defineCaList(ca.command('list'))
  defineCaCrl(ca.command('crl'))
  defineCaIntermediate(ca.command('intermediate'))
  defineCaImport(ca.command('import'))
  defineCaRotate(ca.command('rotate'))
  defineCaDistrust(ca.command('distrust'))
  defineCaInspect(ca.command('inspect'))
}
