import type { Command } from 'commander'
import {
  defineActivateIntermediate,
  definePrepareIntermediate,
  defineRetireIntermediate,
} from './ca-rotate-intermediate.ts'
import { defineActivateRoot, definePrepareRoot, defineRetireRoot } from './ca-rotate-root.ts'

/** Adds to `rotate` its steps: each is refused before its time, and none makes a valid certificate fail. */
export function defineCaRotate(rotate: Command): void {
  rotate.description('replace an intermediate or a root: prepare, activate, retire')

  const prepare = rotate.command('prepare').description('make the next one, which issues nothing yet')
  definePrepareIntermediate(prepare.command('intermediate'))
  definePrepareRoot(prepare.command('root'))

  const activate = rotate.command('activate').description('issue with the next one from now on')
  defineActivateIntermediate(activate.command('intermediate'))
  defineActivateRoot(activate.command('root'))

  const retire = rotate.command('retire').description('end the former one, once nothing needs it')
  defineRetireIntermediate(retire.command('intermediate'))
  defineRetireRoot(retire.command('root'))
}
