import { sign } from 'node:crypto'
import { generateKeyPair } from '../identity/key-pair.ts'
import { type AccessTokenClaims, encodeClaims } from './claims.ts'
import { keyIdOf, type VerificationKey } from './verification-key.ts'

/** A key that signs tokens. Its private half stays in this process's memory, and has no way out of this object. */
export interface SigningKey {
  readonly verificationKey: VerificationKey
  /** An access token in compact form: JWS with ES256 (RFC 7518 section 3.4), type `at+jwt` (RFC 9068 section 2.1). */
  sign(claims: AccessTokenClaims): string
}

export function createSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPair()
  const keyId = keyIdOf(publicKey)
  const header = encodeJson({ alg: 'ES256', typ: 'at+jwt', kid: keyId })
  return {
    verificationKey: { keyId, publicKey },
    sign(claims) {
      const input = `${header}.${encodeJson(encodeClaims(claims))}`
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${input}.${signature.toString('base64url')}`
    },
  }
}

function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
