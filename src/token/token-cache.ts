import { BoundedMap } from '../core/bounded-map.ts'
import type { Clock } from '../core/clock.ts'
import {
  type AsyncTokenVerifier,
  LEEWAY_SECONDS,
  type TokenVerifier,
  type TrustedIssuer,
  type VerifiedToken,
} from './verify.ts'

export interface TokenCacheOptions {
  /** What is trusted now. May throw VERIFIER_NOT_READY. */
  readonly trustedIssuer: () => TrustedIssuer
  readonly clock: Clock
  /** Told of each token that comes, and whether it is known. */
  readonly onLookup?: (isKnown: boolean) => void
  /** How many tokens are kept. Default: 10,000. */
  readonly maxEntries?: number
  /** How many characters the kept tokens have together; their claims take about as much again. Default: 8 Mi. */
  readonly maxCharacters?: number
}

interface Entry {
  readonly text: string
  readonly token: VerifiedToken
  /** When the verifier would take the token, in milliseconds since 1970: from then, and before the end. */
  readonly validFrom: number
  readonly validTo: number
  /** What was trusted when the token was verified, or last found good. */
  head: TrustedIssuer
}

const MAX_ENTRIES = 10_000
const MAX_CHARACTERS = 8 * 1024 * 1024

/**
 * A verifier that remembers what another has verified, and answers at once for what it remembers.
 * A token has one spelling only, so that its text tells it; what can change since is compared on each use: the
 * certificate that it is sent with, the time, the issuer and its keys. Where one of them differs, the token is verified
 * afresh, and refused as any other. What was refused is not remembered.
 */
export function cacheTokens(verify: AsyncTokenVerifier, options: TokenCacheOptions): TokenVerifier {
  const {
    trustedIssuer,
    clock,
    onLookup = () => {},
    maxEntries = MAX_ENTRIES,
    maxCharacters = MAX_CHARACTERS,
  } = options
  const entries = new BoundedMap<Entry>({ maxEntries, maxWeight: maxCharacters })

  return (text, peer) => {
    const key = keyOf(text)
    const entry = entries.get(key)
    // A stolen token must not drive its owner's entry out.
    const isOwn = entry?.text === text && entry.token.thumbprint === peer.thumbprint
    const isKnown = isOwn && isTimely(entry, clock()) && isTrusted(entry, trustedIssuer())
    onLookup(isKnown)
    if (isKnown) return entry.token
    if (isOwn) entries.delete(key)
    const head = trustedIssuer()
    return verify(text, peer).then((token) => {
      entries.set(key, entryOf(text, token, head), text.length)
      return token
    })
  }
}

/** Half of the signature: every call brings its token as a new text, of which all would have to be hashed otherwise. */
function keyOf(text: string): string {
  return text.slice(-43)
}

function entryOf(text: string, token: VerifiedToken, head: TrustedIssuer): Entry {
  const validFrom = (token.issuedAt - LEEWAY_SECONDS) * 1000
  const validTo = (token.expiresAt + LEEWAY_SECONDS) * 1000
  return { text, token, validFrom, validTo, head }
}

function isTimely({ validFrom, validTo }: Entry, now: number): boolean {
  return validFrom <= now && now < validTo
}

function isTrusted(entry: Entry, head: TrustedIssuer): boolean {
  if (entry.head === head) return true
  // An ID is the thumbprint of its key: under the same ID is the same key.
  if (head.issuer !== entry.token.issuer || !head.keys.has(entry.token.keyId)) return false
  entry.head = head
  return true
}
