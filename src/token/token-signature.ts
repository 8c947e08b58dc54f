import { compactVerify, errors } from 'jose'
import type { CompactToken } from './compact.ts'
import { tokenRefusal } from './token-refusal.ts'
import type { VerificationKey } from './verification-key.ts'

const ALGORITHMS = { algorithms: ['ES256'] }

/**
 * Requires that a key has signed a token. What jose looks at beside the signature: the algorithm, which has to be that of
 * the key, and `crit`.
 * @param key undefined where it is unknown
 * @throws AuthError TOKEN_INVALID
 */
export async function requireSignature({ text, keyId }: CompactToken, key: VerificationKey | undefined): Promise<void> {
  if (key === undefined) throw tokenRefusal('TOKEN_INVALID', `key ${keyId} is not known, or no longer`)
  await compactVerify(text, key.publicKey, ALGORITHMS).catch((error: unknown) => {
    throw tokenRefusal('TOKEN_INVALID', error instanceof errors.JOSEError ? error.message : 'verification failed')
  })
}
