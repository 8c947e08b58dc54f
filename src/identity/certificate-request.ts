import { type KeyObject, verify } from 'node:crypto'
import { parseDer } from '../core/der.ts'
import { firstValueOf } from '../core/der-extent.ts'
import { DerError, type DerNode } from '../core/der-node.ts'
import { readContext, readInteger, readOctets, readOid, readSequence, readSet } from '../core/der-reader.ts'
import { AuthError } from '../core/errors.ts'
import { importPublicKey, publicKeyProblem } from './public-key.ts'
import { isSignatureAlgorithm } from './signed-value.ts'

declare const verified: unique symbol

/** A public key whose holder asks for a certificate of it. Made by `verifyCertificateRequest` alone. */
export interface VerifiedCertificateRequest {
  readonly [verified]: true
  /** On P-256. */
  readonly publicKey: KeyObject
}

export const MAX_REQUEST_BYTES = 8192

/** The attributes that ask for extensions: of PKCS #9 (RFC 2985 section 5.4.2), and Microsoft's own. */
export const ExtensionRequest = { pkcs9: '1.2.840.113549.1.9.14', microsoft: '1.3.6.1.4.1.311.2.1.14' } as const

/**
 * Verifies that a PKCS #10 request is signed with the private half of the key in it. The key is all that is taken:
 * subject and attributes must be well-formed, and count for nothing. Does not check who sends the request, nor when
 * it was signed.
 * @throws AuthError CERTIFICATE_REQUEST_INVALID
 * @see RFC 2986 sections 3 and 4
 */
export function verifyCertificateRequest(der: Uint8Array): VerifiedCertificateRequest {
  if (der.length === 0) throw invalid('it is empty', MAKE_REQUEST)
  if (der.length > MAX_REQUEST_BYTES) {
    throw invalid(`it has ${der.length} bytes, where ${MAX_REQUEST_BYTES} are the most`, MAKE_REQUEST)
  }
  const { signed, publicKeyInfo, keyProblem, attributes, algorithm, signature } = parseRequest(der)
  if (keyProblem !== undefined) throw invalid(keyProblem, MAKE_KEY)
  if (attributes.includes(ExtensionRequest.pkcs9) || attributes.includes(ExtensionRequest.microsoft)) {
    throw invalid('it asks for extensions, and what a certificate says is not up to the request', LEAVE_OUT)
  }
  if (!isSignatureAlgorithm(algorithm)) throw invalid('it is not signed by ECDSA with SHA-256', MAKE_REQUEST)
  const publicKey = importPublicKey(publicKeyInfo)
  if (publicKey === undefined) throw invalid('its key is not a point on P-256', MAKE_KEY)
  // A high s is as good as a low one: nothing goes by the bytes of a request.
  if (!verify('sha256', signed, publicKey, signature)) {
    throw invalid('it is not signed with the private key that belongs to the key in it', MAKE_REQUEST)
  }
  return { publicKey } as VerifiedCertificateRequest
}

const COMMAND = 'openssl req -new -key orders.key -subj / -out orders.csr'
const MAKE_REQUEST = `Make it anew: ${COMMAND}`
const LEAVE_OUT = `Leave them out: ${COMMAND}`
const MAKE_KEY = 'Make a key on P-256: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out orders.key'

/** What a request says, before anything of it is believed. */
interface Request {
  readonly signed: Buffer
  readonly publicKeyInfo: DerNode
  readonly keyProblem: string | undefined
  /** Object identifiers. */
  readonly attributes: readonly string[]
  readonly algorithm: DerNode
  readonly signature: Buffer
}

function parseRequest(der: Uint8Array): Request {
  const bytes = Buffer.from(der)
  try {
    return readRequest(parseDer(bytes), firstValueOf(bytes))
  } catch (error) {
    if (error instanceof DerError) throw invalid(`it is not well-formed: ${error.message}`, MAKE_REQUEST)
    throw error
  }
}

/** CertificationRequest, and in it CertificationRequestInfo. */
function readRequest(node: DerNode, signed: Buffer): Request {
  const [info, algorithm, signature, ...rest] = readSequence(node)
  const [version, subject, publicKeyInfo, attributes, ...more] = readSequence(info)
  if (publicKeyInfo === undefined || algorithm === undefined) throw new DerError('a part is missing')
  if (rest.length + more.length > 0) throw new DerError('it has a part more than the standard knows')
  if (!readInteger(version).equals(VERSION_1)) throw new DerError('its version is not 1, which is written as 0')
  for (const names of readSequence(subject)) nonEmpty(readSet(names)).map(readTyped)
  return {
    signed,
    publicKeyInfo,
    keyProblem: publicKeyProblem(publicKeyInfo),
    attributes: readContext(attributes, 0).map(readAttribute),
    algorithm,
    signature: readOctets(signature),
  }
}

const VERSION_1 = Buffer.of(0)

/** Returns the type of an attribute, which has one value or several. */
function readAttribute(node: DerNode): string {
  const { type, value } = readTyped(node)
  nonEmpty(readSet(value))
  return type
}

function readTyped(node: DerNode): { readonly type: string; readonly value: DerNode } {
  const [type, value, ...rest] = readSequence(node)
  if (value === undefined || rest.length > 0) throw new DerError('an attribute is not a type and its value')
  return { type: readOid(type), value }
}

function nonEmpty(nodes: readonly DerNode[]): readonly DerNode[] {
  if (nodes.length === 0) throw new DerError('a SET is empty')
  return nodes
}

function invalid(problem: string, remedy: string): AuthError {
  return new AuthError('CERTIFICATE_REQUEST_INVALID', `The certificate request is refused: ${problem}. ${remedy}`)
}
