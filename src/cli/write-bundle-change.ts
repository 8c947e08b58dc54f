import type { Command } from 'commander'
import type { BundleChange } from '../ca/directory/change-bundle.ts'
import { type CaArguments, nextCommand } from './ca-context.ts'
import { writeResult } from './result.ts'
import { shellWord } from './shell-word.ts'

/** What was done, or what the root's owner has to do before it is. */
export function writeBundleChange(
  command: Command,
  args: CaArguments,
  { sequence, statementFile }: BundleChange,
  result: object,
  lines: readonly string[],
): void {
  const told =
    statementFile === undefined
      ? lines
      : [
          `${statementFile} is the bundle statement: the bundle changes once the active root has signed it, where its key is:`,
          `  openssl dgst -sha256 -sign root.key -out statement.sig ${shellWord(statementFile)}`,
          `Then ${nextCommand('import statement.sig', args)}.`,
        ]
  writeResult(command, { ...result, statement: { sequence, file: statementFile } }, told)
}
