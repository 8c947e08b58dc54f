import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { AuthError } from '../core/errors.ts'
import { decryptPrivateKey, isEncryptedKey } from './encrypted-key.ts'
import type { Passphrase } from './passphrase.ts'

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
 * Reads a private key in PEM.
 * @param place what holds it, for the message
 * @param passphrase of a key that is encrypted; for one that is not it is passed over
 * @throws AuthError CONFIGURATION_INVALID
 */
export function decodePrivateKey(pem: string, place: string, passphrase?: Passphrase): KeyObject {
  const key = isEncryptedKey(pem) ? decryptPrivateKey(pem, place, passphrase) : parsePrivateKey(pem)
  if (key === undefined) throw invalid(`${place} holds no unencrypted private key in PEM form.`)
  if (!isP256(key)) throw invalid(`${place} holds a key that is not on P-256.`)
  if (!isConsistent(key)) throw invalid(`${place} holds a key that is damaged: its halves do not belong together.`)
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

/** The file has both halves, and neither OpenSSL nor encryption notices when a bit of the private one has changed. */
function isConsistent(key: KeyObject): boolean {
  const text = Buffer.from('both halves')
  return verify('sha256', text, createPublicKey(key), sign('sha256', text, key))
}

function invalid(message: string): AuthError {
  return new AuthError('CONFIGURATION_INVALID', message)
}
