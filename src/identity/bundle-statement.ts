import { type KeyObject, sign, verify } from 'node:crypto'
import { DerError } from '../core/der-node.ts'
import { AuthError } from '../core/errors.ts'
import { type Certificate, parseCertificate } from './certificate.ts'
import { parseTrustDomain, type TrustDomain } from './service-id.ts'

/** Which roots a trust domain has, as one of them states it. Verifiers that hold that one take the others on its word. */
export interface BundleStatement {
  readonly trustDomain: TrustDomain
  readonly epoch: number
  /** Of two statements of one epoch the higher one is in force. */
  readonly sequence: number
  /** All of them, at least one. */
  readonly roots: readonly Certificate[]
}

/** What a statement says, and a root's word for it. */
export interface SignedStatement {
  /** The bytes that are signed, as text: as `encodeStatement` writes it. */
  readonly text: string
  /** ECDSA with SHA-256, in DER. */
  readonly signature: Buffer
}

/** A statement begins with a brace, a certificate with a SEQUENCE tag: a signature of one never fits the other. */
const TYPE = 'countersign bundle statement'

/** At most this many roots are held at a time: two during a rotation, and a margin. */
const MAX_ROOTS = 16

/** JSON on one line, its members always in the same order. */
export function encodeStatement({ trustDomain, epoch, sequence, roots }: BundleStatement): string {
  const ders = roots.map(({ der }) => der.toString('base64'))
  return JSON.stringify({ type: TYPE, trustDomain, epoch, sequence, roots: ders })
}

/**
 * Reads what a statement says, in its one spelling. Does not verify who says it.
 * @throws AuthError REQUEST_INVALID
 */
export function parseStatement(text: string): BundleStatement {
  const statement = readStatement(text)
  if (statement === undefined || encodeStatement(statement) !== text) {
    throw new AuthError('REQUEST_INVALID', 'This is not a bundle statement as "countersign ca rotate" writes it.')
  }
  return statement
}

/** The signature of a root's private key, on P-256. */
export function signStatement(text: string, rootKey: KeyObject): Buffer {
  return sign('sha256', Buffer.from(text, 'utf8'), { key: rootKey, dsaEncoding: 'der' })
}

/**
 * Verifies that one of the roots that are held states the bundle.
 * Does not compare its epoch and sequence with what is known.
 * @param held the roots that the verifier trusts already
 * @param now milliseconds since 1970: a root that has expired states nothing
 * @throws AuthError REQUEST_INVALID
 */
export function verifyStatement(
  { text, signature }: SignedStatement,
  trustDomain: TrustDomain,
  held: readonly Certificate[],
  now: number,
): BundleStatement {
  const statement = parseStatement(text)
  if (statement.trustDomain !== trustDomain) {
    throw new AuthError(
      'REQUEST_INVALID',
      `The bundle statement is of ${statement.trustDomain} instead of ${trustDomain}.`,
    )
  }
  const signers = held.filter((root) => canState(root) && root.notBefore <= now && now <= root.notAfter)
  const bytes = Buffer.from(text, 'utf8')
  if (!signers.some(({ publicKey }) => verify('sha256', bytes, { key: publicKey, dsaEncoding: 'der' }, signature))) {
    throw new AuthError('REQUEST_INVALID', 'The bundle statement is not signed by a root that is held.')
  }
  return statement
}

/** Whether a root may sign more than certificates and CRLs (RFC 5280 section 4.2.1.3), with a key that fits. */
export function canState({ publicKey, keyUsage }: Certificate): boolean {
  return publicKey.asymmetricKeyType === 'ec' && keyUsage?.has('digitalSignature') === true
}

function readStatement(text: string): BundleStatement | undefined {
  try {
    const { type, trustDomain, epoch, sequence, roots } = JSON.parse(text)
    const isWhole = type === TYPE && typeof trustDomain === 'string' && isCount(epoch) && isCount(sequence)
    if (!isWhole || !isListOfTexts(roots) || roots.length === 0 || roots.length > MAX_ROOTS) return undefined
    const certificates = roots.map((root) => parseCertificate(Buffer.from(root, 'base64')))
    return { trustDomain: parseTrustDomain(trustDomain), epoch, sequence, roots: certificates }
  } catch (error) {
    const isUnreadable = [SyntaxError, TypeError, DerError, AuthError].some((kind) => error instanceof kind)
    if (isUnreadable) return undefined
    throw error
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
