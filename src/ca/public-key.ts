import { createHash, type KeyObject } from 'node:crypto'
import type { DerNode } from '../core/der.ts'
import { bitString, oid, sequence } from '../core/der-writer.ts'

const EC_PUBLIC_KEY = '1.2.840.10045.2.1'
const P256 = '1.2.840.10045.3.1.7'

/** SubjectPublicKeyInfo of a key on P-256: named curve, uncompressed point, whatever form the key came in (RFC 5480). */
export function subjectPublicKeyInfo(publicKey: KeyObject): DerNode {
  return sequence(sequence(oid(EC_PUBLIC_KEY), oid(P256)), bitString(pointOf(publicKey)))
}

/** The subject key identifier in lowercase hex: the first 160 bits of the SHA-256 of the point (RFC 7093 section 2, method 1). */
export function subjectKeyIdOf(publicKey: KeyObject): string {
  return createHash('sha256').update(pointOf(publicKey)).digest('hex').slice(0, 40)
}

function pointOf(publicKey: KeyObject): Buffer {
  const { x, y } = publicKey.export({ format: 'jwk' })
  if (x === undefined || y === undefined) throw new TypeError('A public key on P-256 was expected.')
  return Buffer.concat([Buffer.of(0x04), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
}
