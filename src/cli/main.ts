#!/usr/bin/env node
import { defineCa } from './ca.ts'
import { createProgram, run } from './program.ts'
import { defineServe } from './serve.ts'

const program = createProgram('countersign').description('mutual TLS and scoped tokens for gRPC services')
defineCa(program.command('ca'))
defineServe(program.command('serve'))

process.exitCode = await run(program, process.argv.slice(2))
