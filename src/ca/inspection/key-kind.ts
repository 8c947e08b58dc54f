import { parseDer } from '../../core/der.ts'
import { DerError, type DerNode, Tag } from '../../core/der-node.ts'
import { readContext, readInteger, readOctetString, readOctets, readOid, readSequence } from '../../core/der-reader.ts'

/** What kind of key it is, read from its DER: there are keys with which OpenSSL computes for minutes. */
export interface KeyKind {
  /** Nothing of the key itself: `P-256`, `rsa of 2048 bits`. */
  readonly words: string
  /** Whether OpenSSL is done with it at once. One that is not bounded is not handed to it. */
  readonly isBounded: boolean
}

/** PKCS #8, SEC 1 and PKCS #1. */
export type PrivateKeyForm = 'pkcs8' | 'sec1' | 'pkcs1'

/** @throws DerError for what is no SubjectPublicKeyInfo */
export function publicKeyKind(info: DerNode): KeyKind {
  const [algorithm, key] = readSequence(info)
  const octets = readOctets(key)
  return kindOf(algorithm, { rsaNumbers: () => rsaPublicNumbers(octets), curves: () => [] })
}

/** @throws DerError for what is no private key in this form */
export function privateKeyKind(content: Buffer, form: PrivateKeyForm): KeyKind {
  if (form === 'pkcs1') return rsaKind('rsa', rsaPrivateNumbers(content))
  if (form === 'sec1') return ecKind(ownCurves(content))
  const [, algorithm, key] = readSequence(parseDer(content))
  const octets = readOctetString(key)
  return kindOf(algorithm, { rsaNumbers: () => rsaPrivateNumbers(octets), curves: () => ownCurves(octets) })
}

/** Why it is no key for a service, in words; `undefined` where it is. */
export function keyProblem(kind: KeyKind): string | undefined {
  return boundsProblem(kind) ?? (kind.words === P256 ? undefined : 'the key is not on P-256')
}

/** Why nothing is computed with it, in words; `undefined` where something may be. */
export function boundsProblem({ words, isBounded }: KeyKind): string | undefined {
  return isBounded ? undefined : `the key, ${words}, is not looked at: ${OUT_OF_BOUNDS}`
}

const OUT_OF_BOUNDS =
  'it is neither on P-256, P-384 or P-521, nor Ed25519, nor RSA of at most 4096 bits with an exponent of at most 32'
const MAX_RSA_BITS = 4096
const MAX_EXPONENT_BITS = 32
const MAX_SCALAR_OCTETS = 66
const P256 = 'P-256'

const CURVES: ReadonlyMap<string, string> = new Map([
  ['1.2.840.10045.3.1.7', P256],
  ['1.3.132.0.34', 'ec on secp384r1'],
  ['1.3.132.0.35', 'ec on secp521r1'],
])

/** What of a key is read only where its algorithm has it. */
interface KeyParts {
  /** Modulus and exponent, then those of a private key. */
  rsaNumbers(): readonly DerNode[]
  /** Those that a private key names again. */
  curves(): readonly DerNode[]
}

function kindOf(algorithm: DerNode | undefined, parts: KeyParts): KeyKind {
  const [id, parameters] = readSequence(algorithm)
  const algorithmId = readOid(id)
  const reader = ALGORITHMS.get(algorithmId)
  return reader?.(parts, parameters) ?? unbounded(`of the unknown algorithm ${algorithmId}`)
}

type KeyReader = (parts: KeyParts, parameters: DerNode | undefined) => KeyKind

const ALGORITHMS: ReadonlyMap<string, KeyReader> = new Map<string, KeyReader>([
  ['1.2.840.113549.1.1.1', ({ rsaNumbers }) => rsaKind('rsa', rsaNumbers())],
  ['1.2.840.113549.1.1.10', ({ rsaNumbers }) => unbounded(rsaKind('rsa-pss', rsaNumbers()).words)],
  ['1.2.840.10045.2.1', ({ curves }, curve) => ecKind([...(curve === undefined ? [] : [curve]), ...curves()])],
  ['1.3.101.112', () => ({ words: 'ed25519', isBounded: true })],
  ['1.3.101.113', () => unbounded('ed448')],
  ['1.2.840.10040.4.1', (_, parameters) => groupKind('dsa', parameters)],
  ['1.2.840.113549.1.3.1', (_, parameters) => groupKind('dh', parameters)],
  ['1.2.840.10046.2.1', (_, parameters) => groupKind('dh', parameters)],
])

/** The size is that of the greatest number: in a key that is none, it need not be the modulus. */
function rsaKind(name: string, [modulus, exponent, ...others]: readonly DerNode[]): KeyKind {
  const bits = Math.max(...[modulus, ...others].map(bitsOf))
  const exponentBits = bitsOf(exponent)
  const words = `${name} of ${bits} bits`
  if (exponentBits > MAX_EXPONENT_BITS) return unbounded(`${words} with an exponent of ${exponentBits}`)
  return { words, isBounded: bits <= MAX_RSA_BITS }
}

/** RSAPublicKey (RFC 8017 appendix A.1.1). */
function rsaPublicNumbers(content: Buffer): readonly DerNode[] {
  const numbers = readSequence(parseDer(content))
  if (numbers.length !== 2) throw new DerError('an RSA key is not a modulus and an exponent')
  return numbers
}

/** RSAPrivateKey of two primes, without its version (RFC 8017 appendix A.1.2). */
function rsaPrivateNumbers(content: Buffer): readonly DerNode[] {
  const [, ...numbers] = readSequence(parseDer(content))
  if (numbers.length !== 8) throw new DerError('an RSA key is not of two primes')
  return numbers
}

/** OpenSSL goes by the curve that is named last. */
function ecKind(curves: readonly DerNode[]): KeyKind {
  const [name, ...others] = new Set(curves.map(curveName))
  if (name === undefined) throw new DerError('a key names no curve')
  if (others.length > 0) return unbounded('ec on two curves')
  const words = CURVES.get(name)
  return words === undefined ? unbounded(`ec on ${name}`) : { words, isBounded: true }
}

function curveName(node: DerNode): string {
  return node.children === undefined ? readOid(node) : 'a curve of its own'
}

/** The curve in an ECPrivateKey (RFC 5915 section 3): it need not be there in PKCS #8. */
function ownCurves(content: Buffer): readonly DerNode[] {
  const [, scalar, ...optional] = readSequence(parseDer(content))
  if (readOctetString(scalar).length > MAX_SCALAR_OCTETS) throw new DerError('a key is longer than its curve allows')
  return optional
    .filter(({ tagClass, tag }) => tagClass === 'context' && tag === 0)
    .flatMap((node) => readContext(node, 0))
}

/** A group of integers, of which the prime comes first. */
function groupKind(name: string, parameters: DerNode | undefined): KeyKind {
  const prime = parameters?.children?.[0]
  return unbounded(prime?.tag === Tag.integer ? `${name} of ${bitsOf(prime)} bits` : name)
}

function bitsOf(node: DerNode | undefined): number {
  const octets = readInteger(node)
  const [first = 0, second = 0] = octets
  if (first > 0x7f) throw new DerError('a number of a key is negative')
  return first === 0 && octets.length > 1
    ? 8 * (octets.length - 1) - leadingZeros(second)
    : 8 * octets.length - leadingZeros(first)
}

function leadingZeros(octet: number): number {
  return Math.clz32(octet) - 24
}

function unbounded(words: string): KeyKind {
  return { words, isBounded: false }
}
