import { sign, verify } from 'node:crypto'
import { chainProblem } from '../ca/issuers/issuer-chain.ts'
import { DerError } from '../core/der-node.ts'
import { AuthError } from '../core/errors.ts'
import { type Certificate, parseCertificate } from '../identity/certificate.ts'
import type { Credential } from '../identity/credential.ts'
import { leafProblem } from '../identity/leaf-profile.ts'
import { decodeCertificates } from '../identity/pem.ts'
import { AUTHORITY_PATH, serviceIdOf, type TrustDomain } from '../identity/service-id.ts'
import { encodePublicKey, parseVerificationKey, type VerificationKey } from '../token/verification-key.ts'
import { LEEWAY_SECONDS, MAX_LIFETIME_SECONDS } from '../token/verify.ts'
import type { KeyPublication } from './change.ts'
import type { CertificateIdentity } from './revocation-index.ts'

/** What an authority says of a key that signs tokens. */
export interface KeyStatement {
  /** Of the tokens that it signs: their `iss`. */
  readonly issuer: string
  readonly key: VerificationKey
  /** Whole seconds since 1970: every token that it signed has expired by then. No later than the authority's certificate. */
  readonly expiresAt: number
  /** How long the tokens that it signs live at most: seconds. */
  readonly tokenSeconds: number
}

/** A key that an authority vouches for. Made by `verifyPublication` alone. */
export interface PublishedKey extends VerificationKey, KeyStatement {
  /** The authority's certificate, and those between it and its root: the key falls with each of them. */
  readonly publishers: readonly CertificateIdentity[]
  readonly [verified]: true
}

declare const verified: unique symbol

/** A statement begins with a brace, what TLS signs with spaces, a certificate with a SEQUENCE tag. */
const TYPE = 'countersign signing key'

const MAX_CHAIN_LENGTH = 8

/** What is said of a key; of the life of its tokens, unless told, that they live as long as any may. */
type NewStatement = Omit<KeyStatement, 'tokenSeconds'> & Partial<KeyStatement>

/** Signs the statement of a key with the authority's own credential. */
export function publishKey(
  { issuer, key, expiresAt, tokenSeconds = MAX_LIFETIME_SECONDS }: NewStatement,
  credential: Credential,
): KeyPublication {
  const text = encodeKeyStatement({ issuer, key, expiresAt, tokenSeconds })
  return {
    kind: 'key',
    id: key.keyId,
    statement: text,
    signature: sign('sha256', Buffer.from(text, 'utf8'), { key: credential.privateKey, dsaEncoding: 'der' }),
    certificateChain: decodeCertificates(credential.certificateChain, 'the certificate chain of the authority'),
  }
}

/**
 * Verifies that an authority of the trust domain vouches for a key: the chain of its certificate, its service ID, its
 * signature. Does not look at revocations.
 * @param roots those that are held
 * @param now milliseconds since 1970
 * @throws AuthError REQUEST_INVALID
 */
export function verifyPublication(
  publication: KeyPublication,
  {
    trustDomain,
    roots,
    now,
  }: { readonly trustDomain: TrustDomain; readonly roots: readonly Certificate[]; now: number },
): PublishedKey {
  const [leaf, intermediate, ...others] = parseChain(publication.certificateChain)
  if (leaf === undefined || intermediate === undefined) throw refused('it comes without a chain of certificates')
  const chain = [intermediate, ...others] as const
  const problem =
    leafProblem(leaf) ??
    chainProblem(trustDomain, chain, roots, now) ??
    (isIssuedBy(leaf, intermediate) ? undefined : 'the certificate was not issued by the next') ??
    validityProblem(leaf, now)
  if (problem !== undefined) throw refused(problem)
  const authority = serviceIdOf(trustDomain, AUTHORITY_PATH)
  if (leaf.names.uris[0] !== authority) throw refused(`it is published by another than ${authority}`)
  if (!isSignedBy(leaf, publication)) throw refused('its signature is not that of the certificate')
  const statement = parseKeyStatement(publication)
  if (statement.expiresAt * 1000 > leaf.notAfter) throw refused('it outlives the certificate of who published it')
  const publishers = [leaf, ...chain].map((certificate, index) => certificateIdentityOf(certificate, chain[index]))
  return { ...statement, ...statement.key, publishers } as unknown as PublishedKey
}

/** @param issuer the certificate of whoever signed it; undefined for a root */
export function certificateIdentityOf(certificate: Certificate, issuer: Certificate | undefined): CertificateIdentity {
  return {
    serviceId: certificate.names.uris[0] ?? '',
    serialNumber: certificate.serialNumber,
    issuerKeyId: issuer?.subjectKeyId ?? certificate.authorityKeyId,
  }
}

/** JSON on one line, its members always in the same order. */
function encodeKeyStatement({ issuer, key, expiresAt, tokenSeconds }: KeyStatement): string {
  const publicKey = encodePublicKey(key).toString('base64')
  return JSON.stringify({ type: TYPE, issuer, keyId: key.keyId, publicKey, expiresAt, tokenSeconds })
}

export function parseKeyStatement({ id, statement }: KeyPublication): KeyStatement {
  const { type, issuer, keyId, publicKey, expiresAt, tokenSeconds } = parseObject(statement)
  const isWhole = type === TYPE && typeof issuer === 'string' && issuer !== '' && typeof publicKey === 'string'
  const areTimes = Number.isSafeInteger(expiresAt) && Number.isSafeInteger(tokenSeconds)
  if (!isWhole || keyId !== id || !areTimes) throw refused('its statement is malformed')
  const key = parseVerificationKey(id, Buffer.from(publicKey, 'base64'))
  const parsed = { issuer, key, expiresAt: Number(expiresAt), tokenSeconds: Number(tokenSeconds) }
  if (encodeKeyStatement(parsed) !== statement) throw refused('its statement is not in its one spelling')
  return parsed
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {}
  throw refused('its statement is not a JSON object')
}

function parseChain(chain: readonly Buffer[]): readonly Certificate[] {
  if (chain.length > MAX_CHAIN_LENGTH) throw refused('its chain of certificates is too long')
  try {
    return chain.map(parseCertificate)
  } catch (error) {
    if (error instanceof DerError) throw refused(error.message)
    throw error
  }
}

function isSignedBy({ publicKey }: Certificate, { statement, signature }: KeyPublication): boolean {
  return verify('sha256', Buffer.from(statement, 'utf8'), { key: publicKey, dsaEncoding: 'der' }, signature)
}

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.publicKey)
}

function validityProblem({ notBefore, notAfter }: Certificate, now: number): string | undefined {
  const isValid = notBefore - LEEWAY_SECONDS * 1000 <= now && now <= notAfter
  return isValid ? undefined : 'the certificate of who published it is not valid now'
}

function refused(problem: string): AuthError {
  return new AuthError('REQUEST_INVALID', `A published signing key is refused: ${problem}.`)
}
