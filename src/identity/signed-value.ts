import { type KeyObject, sign } from 'node:crypto'
import { encodeDer, encodeSequence } from '../core/der-encoder.ts'
import type { DerNode } from '../core/der-node.ts'
import { bitString, oid, sequence } from '../core/der-writer.ts'

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'

/** AlgorithmIdentifier of every signature here; its parameters are absent (RFC 5758 section 3.2). */
export const SIGNATURE_ALGORITHM = sequence(oid(ECDSA_WITH_SHA256))

const ENCODED_ALGORITHM = encodeDer(SIGNATURE_ALGORITHM)

/** A value in DER with the signature over it: the form that certificates, requests and CRLs have. */
export function signValue(value: DerNode, privateKey: KeyObject): Buffer {
  const signed = encodeDer(value)
  const signature = sign('sha256', signed, privateKey)
  return encodeSequence([signed, ENCODED_ALGORITHM, encodeDer(bitString(signature))])
}

export function isSignatureAlgorithm(node: DerNode): boolean {
  return encodeDer(node).equals(ENCODED_ALGORITHM)
}
