import type { Command, Option } from 'commander'

/** Of 16 or 32 bytes in base64url. */
const HYPHENATED_ID = /^-(?:[\w-]{21}|[\w-]{42})$/

/**
 * The arguments of a program in an order in which IDs that begin with a hyphen are no options: of token IDs and key IDs,
 * which nobody chooses, one in 64 does.
 */
export function placeHyphenatedIds(program: Command, args: readonly string[]): readonly string[] {
  if (args.includes('--')) return args
  const options = new Map(optionsOf(program).map((option) => [option.long, option]))
  const isId = (arg: string, index: number) =>
    HYPHENATED_ID.test(arg) && !options.has(arg) && options.get(args[index - 1])?.required !== true
  const ids = args.filter(isId)
  return ids.length === 0 ? args : [...args.filter((arg, index) => !isId(arg, index)), '--', ...ids]
}

function optionsOf({ options, commands }: Command): readonly Option[] {
  return [...options, ...commands.flatMap(optionsOf)]
}
