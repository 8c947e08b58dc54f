import { hash, type KeyObject } from 'node:crypto'
import { pointOf } from '../../identity/public-key.ts'

/** The subject key identifier in lowercase hex: the first 160 bits of the SHA-256 of the point (RFC 7093 section 2, method 1). */
export function subjectKeyIdOf(publicKey: KeyObject): string {
  return hash('sha256', pointOf(publicKey), 'hex').slice(0, 40)
}
