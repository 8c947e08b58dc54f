import { type Address, parseAddress } from '../core/address.ts'
import { AuthError } from '../core/errors.ts'

/** What a service is told by its environment. */
export interface Environment {
  /** COUNTERSIGN_AUTHORITY: where the authority answers gRPC, as host:port. */
  readonly authority: Address
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
    authority: parseAddress(requireValue(given.authority, 'COUNTERSIGN_AUTHORITY', 'localhost:8440', variables)),
    credentials: requireValue(given.credentials, 'COUNTERSIGN_CREDENTIALS', './credentials', variables),
  }
}

function requireValue(given: string | undefined, name: string, example: string, variables: Variables): string {
  const value = given ?? variables[name] ?? ''
  if (value !== '') return value
  throw new AuthError('CONFIGURATION_INVALID', `${name} is not set. Set it, for example ${name}=${example}.`)
}
