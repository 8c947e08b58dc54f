#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { defineCa } from './ca.ts'
import { createProgram, run } from './program.ts'
import { defineServe } from './serve.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

const program = createProgram('countersign')
  .description('mutual TLS and scoped tokens for gRPC services')
  .version(version)
defineCa(program.command('ca'))
defineServe(program.command('serve'))

process.exitCode = await run(program, process.argv.slice(2))
