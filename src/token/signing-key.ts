import { sign } from 'node:crypto'
import { AuthError } from '../core/errors.ts'
import { generateKeyPair, type KeyPair } from '../identity/key-pair.ts'
import { type AccessTokenClaims, encodeClaims } from './claims.ts'
import { MAX_TOKEN_LENGTH } from './compact.ts'
import { toLowS } from './low-s.ts'
import { keyIdOf, type VerificationKey } from './verification-key.ts'

/** A key that signs tokens. Its private half stays in this process's memory, and has no way out of this object. */
export interface SigningKey {
  readonly verificationKey: VerificationKey
  /**
   * An access token in compact form: JWS with ES256 (RFC 7518 section 3.4), type `at+jwt` (RFC 9068 section 2.1).
   * @throws AuthError REQUEST_INVALID where verifiers would refuse its length
   */
  sign(claims: AccessTokenClaims): string
}

/** @param pair on P-256; whoever gives it can sign as well */
export function createSigningKey({ privateKey, publicKey }: KeyPair = generateKeyPair()): SigningKey {
  const keyId = keyIdOf(publicKey)
  const header = encodeJson({ alg: 'ES256', typ: 'at+jwt', kid: keyId })
  return {
    verificationKey: { keyId, publicKey },
    sign(claims) {
      const input = `${header}.${encodeJson(encodeClaims(claims))}`
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      const token = `${input}.${toLowS(signature).toString('base64url')}`
      if (token.length > MAX_TOKEN_LENGTH) throw tooLong()
      return token
    },
  }
}

function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function tooLong(): AuthError {
  const problem = `The token would have more than ${MAX_TOKEN_LENGTH} characters. Ask for fewer scopes.`
  return new AuthError('REQUEST_INVALID', problem)
}
