import type { Command } from 'commander'
import { createProgram, run } from '../../src/cli/program.ts'

export interface CommandRun {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

/** Runs `countersign` in this process, with the commands that `define` adds to it. */
export async function runCommand(define: (program: Command) => void, args: readonly string[]): Promise<CommandRun> {
  const written = { out: '', err: '' }
  const program = createProgram('countersign', {
    out: (text) => {
      written.out += text
    },
    err: (text) => {
      written.err += text
    },
  })
  define(program)
  const exitCode = await run(program, args)
  return { exitCode, ...written }
}
