import type { Command } from 'commander'

/** Gives a command the option `--json`, which `writeResult` obeys. */
export function withJson(command: Command): Command {
  return command.option('--json', 'write one JSON object')
}

/** Writes what a command did: an object for programs, or lines for people. Never a key. */
export function writeResult(command: Command, result: object, lines: readonly string[]): void {
  const text = command.opts<{ json?: true }>().json ? JSON.stringify(result) : lines.join('\n')
  command.configureOutput().writeOut?.(`${text}\n`)
}
