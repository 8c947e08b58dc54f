import { BoundedMap } from '../core/bounded-map.ts'
import { decodeBase64Url, decodeUtf8 } from '../core/encoding.ts'
import type { AuthError } from '../core/errors.ts'
import { isLowS } from './low-s.ts'
import { tokenRefusal } from './token-refusal.ts'

/** A token in the one spelling that is accepted. Its signature and its claims are not checked yet. */
export interface CompactToken {
  readonly text: string
  readonly keyId: string
  readonly payload: Payload
}

/** The claims in their wire form. */
export type Payload = Readonly<Record<string, unknown>>

/** In characters: what fits in a header block with room for the rest. */
export const MAX_TOKEN_LENGTH = 6144
/** ES256 makes 64 bytes. */
const SIGNATURE_LENGTH = 86
const MAX_HEADER_LENGTH = 512
const KEY_ID = /^[A-Za-z0-9_-]{43}$/

/**
 * Parses a JWS in compact serialisation (RFC 7515 section 3.1) as our issuer writes it, and only so.
 * JOSE libraries take several strings for one token: white space, padding, unused bits, duplicate
 * members, a byte order mark, a second form of the signature. Here each token has one spelling.
 * @throws AuthError CREDENTIALS_MALFORMED for another form, TOKEN_INVALID for another type, algorithm or header
 */
export function parseCompactToken(text: string): CompactToken {
  if (text.length > MAX_TOKEN_LENGTH) throw malformed(`it has more than ${MAX_TOKEN_LENGTH} characters`)
  const [header = '', payload = '', signature = '', ...others] = text.split('.', 4)
  const isForm = header.length <= MAX_HEADER_LENGTH && signature.length === SIGNATURE_LENGTH && others.length === 0
  if (!isForm) throw malformed('it is not three parts of an ES256 JWS')
  const signatureBytes = decodeBase64Url(signature)
  if (signatureBytes === undefined) throw malformed('its signature is not canonical base64url')
  const claims = decodeObject(payload, 'payload')
  const keyId = keyIds.get(header) ?? readHeader(header)
  if (!isLowS(signatureBytes)) throw invalid('its signature is the higher of its two forms')
  return { text, keyId, payload: claims }
}

function decodeObject(part: string, name: string): Payload {
  const bytes = decodeBase64Url(part)
  if (bytes === undefined) throw malformed(`its ${name} is not canonical base64url`)
  const json = decodeUtf8(bytes)
  const value = json === undefined ? undefined : parseJson(json)
  // Duplicate members, white space, other escapes and other number forms do not survive the round trip.
  if (!isObject(value) || JSON.stringify(value) !== json)
    throw malformed(`its ${name} is not a JSON object in plain form`)
  return value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** By the headers that were read last: all tokens of a key have the same. */
const keyIds = new BoundedMap<string>({ maxEntries: 64 })

function readHeader(header: string): string {
  const keyId = requireHeader(decodeObject(header, 'header'))
  keyIds.set(header, keyId)
  return keyId
}

/** The header holds these three members and no other: no `crit`, `jwk`, `jku`, `x5u`, `b64`, `zip`. */
function requireHeader(header: Payload): string {
  const { alg, typ, kid, ...others } = header
  if (alg !== 'ES256') throw invalid('its algorithm is not ES256')
  if (typ !== 'at+jwt') throw invalid('its type is not at+jwt')
  if (typeof kid !== 'string' || !KEY_ID.test(kid)) throw invalid('its key ID is not a SHA-256 thumbprint')
  if (Object.keys(others).length > 0) throw invalid('its header has members beside alg, typ and kid')
  return kid
}

function malformed(logDetail: string): AuthError {
  return tokenRefusal('CREDENTIALS_MALFORMED', logDetail)
}

function invalid(logDetail: string): AuthError {
  return tokenRefusal('TOKEN_INVALID', logDetail)
}
