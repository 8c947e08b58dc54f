import { AuthError } from '../../core/errors.ts'
import type { KeyPublication } from '../../trust/change.ts'
import type { PublishedKey } from '../../trust/published-key.ts'
import type { TrustContents } from '../../trust/trust-contents.ts'

/**
 * Requires that every key in use is of one issuer: of two, verifiers would trust the tokens of neither in full.
 * @param publications every key that the log has, whether it counts or not
 * @param now milliseconds since 1970
 * @throws AuthError CONFIGURATION_INVALID, naming both issuers
 */
export function requireNoForeignKeys(
  publications: readonly KeyPublication[],
  contents: TrustContents,
  { issuer, now }: { readonly issuer: string; readonly now: number },
): void {
  for (const publication of publications) {
    const key = verified(publication, contents)
    if (key === undefined || key.issuer === issuer || key.expiresAt * 1000 <= now || contents.isRevoked(key)) continue
    const end = new Date(key.expiresAt * 1000).toISOString()
    throw new AuthError(
      'CONFIGURATION_INVALID',
      `The store has a token signing key in use of issuer ${key.issuer}; the configuration names ${issuer}. ` +
        `Name the former, or wait until ${end}, or revoke the signing key ${key.keyId}.`,
    )
  }
}

/** Whoever can write to the store can put anything there; what no authority vouches for is not to stop this one. */
function verified(publication: KeyPublication, contents: TrustContents): PublishedKey | undefined {
  try {
    return contents.verify(publication)
  } catch (error) {
    if (error instanceof AuthError) return undefined
    throw error
  }
}
