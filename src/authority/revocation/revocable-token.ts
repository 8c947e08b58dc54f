import { type Clock, toEpochSeconds } from '../../core/clock.ts'
import { AuthError } from '../../core/errors.ts'
import { type AccessTokenClaims, parseClaims } from '../../token/claims.ts'
import { parseCompactToken } from '../../token/compact.ts'
import { requireSignature } from '../../token/token-signature.ts'
import { LEEWAY_SECONDS } from '../../token/verify.ts'
import type { RevokedById } from '../../trust/change.ts'
import type { PublishedKey } from '../../trust/published-key.ts'

/** A token that an authority here has issued. */
export interface RevocableToken {
  readonly claims: AccessTokenClaims
  /** Undefined where the token has expired by every clock: there is nothing to revoke. */
  readonly revocation: RevokedById | undefined
}

/**
 * Verifies a token for revoking it: form, signature, issuer. For whom it is does not matter, nor to which certificate it is
 * bound: whoever may revoke holds somebody else's token.
 * @param keys by key ID
 * @throws AuthError TOKEN_INVALID for what no authority here has issued, and nothing more about it
 */
export async function verifyRevocableToken(
  text: string,
  { keys, clock }: { readonly keys: ReadonlyMap<string, PublishedKey>; readonly clock: Clock },
): Promise<RevocableToken> {
  const claims = await verifyClaims(text, keys).catch((error: unknown) => {
    throw error instanceof AuthError ? notOurs(error) : error
  })
  const hasExpired = claims.expiresAt + 2 * LEEWAY_SECONDS < toEpochSeconds(clock())
  if (hasExpired) return { claims, revocation: undefined }
  return { claims, revocation: { kind: 'token', id: claims.tokenId, until: claims.expiresAt } }
}

async function verifyClaims(text: string, keys: ReadonlyMap<string, PublishedKey>): Promise<AccessTokenClaims> {
  const token = parseCompactToken(text)
  const key = keys.get(token.keyId)
  await requireSignature(token, key)
  const claims = parseClaims(token.payload)
  if (claims.issuer === key?.issuer) return claims
  throw new AuthError('TOKEN_INVALID', 'It is of another issuer.')
}

/** Whoever sends one learns neither what is wrong with it nor which keys there are. */
function notOurs({ code, message, logDetail = message }: AuthError): AuthError {
  return new AuthError(
    'TOKEN_INVALID',
    'This is no token that an authority here has issued with a key that it still publishes. Nothing was revoked.',
    { logDetail: `${code}: ${logDetail}` },
  )
}
