import type { KeyObject } from 'node:crypto'
import { parseDer } from '../../core/der.ts'
import { readBitString, readSequence } from '../../core/der-reader.ts'
import { sha256, sha256Base64Url } from '../../core/encoding.ts'
import { isP256 } from '../../identity/key-pair.ts'
import { encodePublicKeyInfo, pointOf } from '../../identity/public-key.ts'

/** SHA-256 of the SubjectPublicKeyInfo in base64url: one for each key, in whatever form it came. */
export function keyThumbprintOf(publicKey: KeyObject): string {
  return sha256Base64Url(encodePublicKey(publicKey))
}

/**
 * The name of a key in lowercase hex: the first 160 bits of the SHA-256 of its BIT STRING (RFC 7093 section 2,
 * method 1). What we issue has it as its subject key identifier; an outside root may have another.
 */
export function keyIdOf(publicKey: KeyObject): string {
  return sha256(bitsOf(publicKey)).toString('hex').slice(0, 40)
}

function bitsOf(publicKey: KeyObject): Buffer {
  if (isP256(publicKey)) return pointOf(publicKey)
  const [, subjectPublicKey] = readSequence(parseDer(encodePublicKey(publicKey)))
  return readBitString(subjectPublicKey)
}

/** Roots that are kept elsewhere may have keys of other kinds than the one that is issued. */
function encodePublicKey(publicKey: KeyObject): Buffer {
  return isP256(publicKey) ? encodePublicKeyInfo(publicKey) : publicKey.export({ type: 'spki', format: 'der' })
}
