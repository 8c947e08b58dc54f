import type { DerNode } from '../core/der-node.ts'
import { contextConstructed, oid, sequence, sequenceOf, set, smallInteger } from '../core/der-writer.ts'
import { ExtensionRequest } from './certificate-request.ts'
import type { KeyPair } from './key-pair.ts'
import { subjectPublicKeyInfo } from './public-key.ts'
import { signValue } from './signed-value.ts'

export interface RequestOptions {
  /** Name. Default: the empty one. */
  readonly subject?: DerNode
  /** Each an Extension. Default: none, as `verifyCertificateRequest` demands; a CA elsewhere may want to be asked. */
  readonly extensions?: readonly DerNode[]
}

const VERSION_1 = 0

/**
 * Creates a PKCS #10 request for a certificate of a key, in DER.
 * @see RFC 2986 section 4
 */
export function createCertificateRequest(
  { publicKey, privateKey }: KeyPair,
  { subject = sequence(), extensions = [] }: RequestOptions = {},
): Buffer {
  const attributes = extensions.length === 0 ? [] : [extensionRequest(extensions)]
  const info = sequence(
    smallInteger(VERSION_1),
    subject,
    subjectPublicKeyInfo(publicKey),
    contextConstructed(0, ...attributes),
  )
  return signValue(info, privateKey)
}

function extensionRequest(extensions: readonly DerNode[]): DerNode {
  return sequence(oid(ExtensionRequest.pkcs9), set(sequenceOf(extensions)))
}
