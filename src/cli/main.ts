#!/usr/bin/env node
import './runtime.ts'
import { readFileSync } from 'node:fs'
import { defineAccess } from './access.ts'
import { defineBlock, defineUnblock } from './block.ts'
import { defineCa } from './ca.ts'
import { createProgram, run } from './program.ts'
import { defineRevoke } from './revoke.ts'
import { defineServe } from './serve.ts'
import { defineSigningKey } from './signing-key.ts'
import { defineTrust } from './trust.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

const program = createProgram('countersign')
  .description('mutual TLS and scoped tokens for gRPC services')
  .version(version)
defineCa(program.command('ca'))
defineRevoke(program.command('revoke'))
defineBlock(program.command('block'))
defineUnblock(program.command('unblock'))
defineSigningKey(program.command('signing-key'))
defineTrust(program.command('trust'))
defineAccess(program.command('access'))
defineServe(program.command('serve'))

process.exitCode = await run(program, process.argv.slice(2))
