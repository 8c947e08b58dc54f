import { parseServicePath, serviceIdOf } from 'countersign'
import { AuthorityClient } from '../../src/client/authority-client.ts'
import { parseAddress } from '../../src/core/address.ts'
import { parseScope } from '../../src/core/scope.ts'
import type { Credential } from '../../src/identity/credential.ts'

/**
 * Asks the authority for a token, to have in hand what a service's client keeps to itself.
 * @param audience the path of the service that it is for
 * @param scopes all that are granted unless given
 * @throws AuthError with the authority's reason, or AUTHORITY_UNAVAILABLE
 */
export async function fetchToken(
  address: string,
  credential: Credential,
  audience: string,
  scopes: readonly string[] = [],
): Promise<string> {
  const authority = new AuthorityClient({ address: parseAddress(address), credential })
  try {
    const request = {
      audience: serviceIdOf(credential.trustDomain, parseServicePath(audience)),
      scopes: scopes.map(parseScope),
    }
    const { token } = await authority.issueToken(request)
    return token
  } finally {
    authority.close()
  }
}
