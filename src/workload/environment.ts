import { type Address, parseAddress } from '../core/address.ts'
import { AuthError } from '../core/errors.ts'

/** What a service is told by its environment. */
export interface Environment {
  /** COUNTERSIGN_AUTHORITY: where authorities answer gRPC, as host:port, separated by commas. */
  readonly authorities: readonly Address[]
  /** COUNTERSIGN_CREDENTIALS: the directory with the service's certificate and key, and `bundle.pem`. */
  readonly credentials: string
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Reads the environment; what `given` holds takes precedence.
 * @throws AuthError CONFIGURATION_INVALID
 */
export function readEnvironment(
  given: { readonly authority?: string; readonly credentials?: string },
  variables: Variables = process.env,
): Environment {
  return {
    authorities: parseAddresses(requireValue(given.authority, 'COUNTERSIGN_AUTHORITY', 'localhost:8440', variables)),
    credentials: requireValue(given.credentials, 'COUNTERSIGN_CREDENTIALS', './credentials', variables),
  }
}

function parseAddresses(text: string): readonly Address[] {
  const parts = text.split(',').map((part) => part.trim())
  return [...new Set(parts)].map(parseAddress)
}

function requireValue(given: string | undefined, name: string, example: string, variables: Variables): string {
  const value = given ?? variables[name] ?? ''
  if (value !== '') return value
  throw new AuthError('CONFIGURATION_INVALID', `${name} is not set. Set it, for example ${name}=${example}.`)
}
