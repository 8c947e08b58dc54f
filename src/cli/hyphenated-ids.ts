/** Of 16 or 32 bytes in base64url. One that begins with two hyphens might be an option. */
const HYPHENATED_ID = /^-(?!-)(?:[\w-]{21}|[\w-]{42})$/

/**
 * Arguments in an order in which IDs that begin with a hyphen are no options: of token IDs and key IDs, which nobody chooses,
 * one in 64 does.
 */
export function placeHyphenatedIds(args: readonly string[]): readonly string[] {
  if (args.includes('--')) return args
  // What follows an option may be its value.
  const isId = (arg: string, index: number) => HYPHENATED_ID.test(arg) && args[index - 1]?.startsWith('--') !== true
  const ids = args.filter(isId)
  return ids.length === 0 ? args : [...args.filter((arg, index) => !isId(arg, index)), '--', ...ids]
}
