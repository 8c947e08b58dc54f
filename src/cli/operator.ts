import { userInfo } from 'node:os'

/**
 * Whoever runs the command, for the record: `operator:alice`. In a container a user may have a number and no name.
 * @param lookUp may throw
 */
export function operatorOf(lookUp: () => { readonly username: string } = userInfo): string {
  try {
    return `operator:${lookUp().username}`
  } catch {
    return `operator:uid-${process.getuid?.() ?? 'unknown'}`
  }
}
