import { type Clock, toEpochSeconds } from '../../core/clock.ts'
import { AuthError } from '../../core/errors.ts'
import { isPlainId } from '../../token/claims.ts'
import { LEEWAY_SECONDS, MAX_LIFETIME_SECONDS } from '../../token/verify.ts'
import type { RevokedById } from '../../trust/change.ts'

/**
 * What revokes tokens by an ID that is only known from a record: nobody can say how long they live, so that they are taken
 * to have been issued just now, for as long as there is.
 * @throws AuthError REQUEST_INVALID for what is no ID of a token or grant
 */
export function revocationById(kind: 'token' | 'grant', id: string, clock: Clock): RevokedById {
  if (!isPlainId(id)) {
    throw new AuthError('REQUEST_INVALID', `The ID of a ${kind} has up to 128 letters, digits, "-" and "_".`)
  }
  return { kind, id, until: toEpochSeconds(clock()) + LEEWAY_SECONDS + MAX_LIFETIME_SECONDS }
}
