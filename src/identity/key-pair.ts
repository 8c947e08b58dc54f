import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { AuthError } from '../core/errors.ts'

/** A key pair on P-256 (NIST FIPS 186, secp256r1), the only curve in use. */
export interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

const CURVE = 'prime256v1'

export function generateKeyPair(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: CURVE })
}

/** PKCS#8 in PEM, unencrypted: for TLS contexts and for files with mode 0600. */
export function encodePrivateKey(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/**
 * Reads an unencrypted private key in PEM.
 * @param place what holds it, for the message
 * @throws AuthError CONFIGURATION_INVALID
 */
export function decodePrivateKey(pem: string, place: string): KeyObject {
  const key = parsePrivateKey(pem)
  if (key === undefined) {
    throw new AuthError('CONFIGURATION_INVALID', `${place} holds no unencrypted private key in PEM form.`)
  }
  if (!isP256(key)) throw new AuthError('CONFIGURATION_INVALID', `${place} holds a key that is not on P-256.`)
  return key
}

export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === CURVE
}

function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined // the cause may quote the file
  }
}
