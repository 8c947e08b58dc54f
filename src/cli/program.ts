import { Command, CommanderError } from 'commander'
import { AuthError, messageOf } from '../core/errors.ts'
import { placeHyphenatedIds } from './hyphenated-ids.ts'

/** Where a command writes: results to `out`, refusals to `err`. */
export interface Streams {
  out(text: string): void
  err(text: string): void
}

const processStreams: Streams = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
}

/** An empty program. Commands added with `program.command(…)` write to the same streams and never exit. */
export function createProgram(name: string, streams: Streams = processStreams): Command {
  return new Command(name)
    .exitOverride()
    .configureOutput({ writeOut: streams.out, writeErr: streams.err, outputError: () => {} })
}

/**
 * Runs the command that the arguments name, and writes why where it is refused.
 * @returns the exit code: 0 done, 1 refused or failed, 2 not used as `--help` says
 */
export async function run(program: Command, args: readonly string[]): Promise<0 | 1 | 2> {
  try {
    await program.parseAsync(placeHyphenatedIds(program, args), { from: 'user' })
    return 0
  } catch (error) {
    const failure = failureOf(error)
    if (failure.message !== '') report(program, failure, args.includes('--json'))
    return failure.exitCode
  }
}

interface Failure {
  readonly exitCode: 0 | 1 | 2
  readonly code: string
  /** Empty where all has been said. */
  readonly message: string
}

function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) return usageFailure(error)
  const code = error instanceof AuthError ? error.code : 'INTERNAL'
  return { exitCode: 1, code, message: messageOf(error) }
}

/** commander ends the same way after it has shown help, or the version, on request (0) or for want of a command (1). */
function usageFailure({ code, exitCode, message }: CommanderError): Failure {
  if (exitCode === 0) return { exitCode: 0, code, message: '' }
  if (code === 'commander.help') return { exitCode: 2, code: 'USAGE', message: '' }
  return { exitCode: 2, code: 'USAGE', message: message.replace(/^error: /, '') }
}

function report(program: Command, { code, message }: Failure, asJson: boolean): void {
  const text = asJson ? JSON.stringify({ error: { code, message } }) : `error: ${message}`
  program.configureOutput().writeErr?.(`${text}\n`)
}
