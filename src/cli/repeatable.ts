import { Option } from 'commander'

/** An option that may stand several times: its value is the list of all. */
export function repeatable(flags: string, description: string, byDefault: string): Option {
  return new Option(flags, description).argParser(append).default([], byDefault)
}

function append(value: string, values: readonly string[]): readonly string[] {
  return [...values, value]
}
