import { createPublicKey, type KeyObject } from 'node:crypto'
import { encodeDer } from '../core/der-encoder.ts'
import type { DerNode } from '../core/der-node.ts'
import { readOctets, readOid, readSequence } from '../core/der-reader.ts'
import { bitString, oid, sequence } from '../core/der-writer.ts'
import { createPrivateField } from '../core/private-field.ts'

const EC_PUBLIC_KEY = '1.2.840.10045.2.1'
const P256 = '1.2.840.10045.3.1.7'
const ALGORITHM = sequence(oid(EC_PUBLIC_KEY), oid(P256))
const UNCOMPRESSED = 0x04
const POINT_OCTETS = 65

/** SubjectPublicKeyInfo of a key on P-256: named curve, uncompressed point, whatever form the key came in (RFC 5480). */
export function subjectPublicKeyInfo(publicKey: KeyObject): DerNode {
  return infoOf(pointOf(publicKey))
}

/** The same in DER. */
export function encodePublicKeyInfo(publicKey: KeyObject): Buffer {
  return encodeInfo(pointOf(publicKey))
}

/** The uncompressed point of a key on P-256. */
export function pointOf(publicKey: KeyObject): Buffer {
  const known = points.get(publicKey)
  if (known !== undefined) return known
  const point = exportPoint(publicKey)
  points.set(publicKey, point)
  return point
}

/**
 * Why a SubjectPublicKeyInfo is not of the one form that `subjectPublicKeyInfo` makes, in words; `undefined` where it
 * is. Whether its point is on the curve is not looked at: with a foreign key, nothing is computed.
 * @throws DerError for what is no SubjectPublicKeyInfo
 */
export function publicKeyProblem(info: DerNode): string | undefined {
  const [algorithm, key, ...rest] = readSequence(info)
  const [algorithmNode, curve, ...more] = readSequence(algorithm)
  const algorithmId = readOid(algorithmNode)
  const point = readOctets(key)
  if (algorithmId !== EC_PUBLIC_KEY) return `${KINDS.get(algorithmId) ?? 'keys of an unknown kind'} are not certified`
  if (curve?.children !== undefined) return 'keys with explicit parameters of their curve are not certified'
  const curveId = readOid(curve)
  if (curveId !== P256) return `${KINDS.get(curveId) ?? 'keys on an unknown curve'} are not certified`
  if (rest.length + more.length > 0) return 'its key has a part more than the standard knows'
  if (point[0] !== UNCOMPRESSED || point.length !== POINT_OCTETS) return 'its key is not an uncompressed point'
  return undefined
}

/** The key in a SubjectPublicKeyInfo without a problem; `undefined` where its point is not on the curve. */
export function importPublicKey(info: DerNode): KeyObject | undefined {
  const point = readOctets(readSequence(info)[1])
  const publicKey = importPoint(point)
  if (publicKey !== undefined) points.set(publicKey, point)
  return publicKey
}

/** Kinds of keys by algorithm or curve, for messages. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.1', 'RSA keys'],
  ['1.2.840.113549.1.1.7', 'RSA keys'],
  ['1.2.840.113549.1.1.10', 'RSA keys'],
  ['1.2.840.10040.4.1', 'DSA keys'],
  ['1.3.101.112', 'Ed25519 keys'],
  ['1.3.101.113', 'Ed448 keys'],
  ['1.3.132.0.10', 'keys on secp256k1'],
  ['1.3.132.0.34', 'keys on P-384'],
  ['1.3.132.0.35', 'keys on P-521'],
])

/** A certificate takes its key's point several times, and `node:crypto` tells it by writing the whole key down. */
const points = createPrivateField<KeyObject, Buffer>()

function exportPoint(publicKey: KeyObject): Buffer {
  const { crv, x, y } = publicKey.export({ format: 'jwk' })
  if (crv !== 'P-256' || x === undefined || y === undefined) throw new TypeError('A key on P-256 was expected.')
  return Buffer.concat([Buffer.of(UNCOMPRESSED), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
}

/** What stands before the point in the encoding of every SubjectPublicKeyInfo. */
const HEADER = encodeDer(infoOf(Buffer.alloc(POINT_OCTETS))).subarray(0, -POINT_OCTETS)

function importPoint(point: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: encodeInfo(point), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

function encodeInfo(point: Buffer): Buffer {
  return Buffer.concat([HEADER, point])
}

function infoOf(point: Buffer): DerNode {
  return sequence(ALGORITHM, bitString(point))
}
