import { createPublicKey, type KeyObject } from 'node:crypto'
import { sha256Base64Url } from '../core/encoding.ts'
import { AuthError } from '../core/errors.ts'
import { isP256 } from '../identity/key-pair.ts'

/** The public half of a token signing key. It verifies ES256 and nothing else (RFC 8725 section 3.1). */
export interface VerificationKey {
  /** The key's own thumbprint (RFC 7638), so that an ID cannot be given to another key. */
  readonly keyId: string
  readonly publicKey: KeyObject
}

/** The SubjectPublicKeyInfo of a key, in DER. */
export function encodePublicKey(key: VerificationKey): Buffer {
  return key.publicKey.export({ type: 'spki', format: 'der' })
}

/**
 * Reads a published key: on P-256, under the ID that is its thumbprint.
 * @throws AuthError TOKEN_INVALID
 */
export function parseVerificationKey(keyId: string, spki: Uint8Array): VerificationKey {
  const publicKey = parsePublicKey(spki)
  if (publicKey === undefined || !isP256(publicKey)) throw invalid('it is not a public key on P-256')
  if (keyIdOf(publicKey) !== keyId) throw invalid('its ID is not its thumbprint')
  const key = { keyId, publicKey }
  if (!encodePublicKey(key).equals(spki)) throw invalid('it is not in DER, or more than a key')
  return key
}

/** The JWK thumbprint of a key on P-256: SHA-256 in base64url (RFC 7638 section 3). */
export function keyIdOf(publicKey: KeyObject): string {
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  return sha256Base64Url(JSON.stringify({ crv, kty, x, y }))
}

function parsePublicKey(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), type: 'spki', format: 'der' })
  } catch {
    return undefined
  }
}

function invalid(problem: string): AuthError {
  return new AuthError('TOKEN_INVALID', `A published verification key is refused: ${problem}.`)
}
