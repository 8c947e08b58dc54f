import { BoundedMap } from '../core/bounded-map.ts'
import type { Clock } from '../core/clock.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import { LEEWAY_SECONDS, type TokenVerifier, type TrustedIssuer, type VerifiedToken } from './verify.ts'

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
 * A token has one spelling only, so that its text serves as the key; what can change since is compared on each use: the
 * certificate that it is sent with, the time, the issuer and its keys. Where one of them differs, the token is verified
 * afresh, and refused as any other. What was refused is not remembered.
 */
export function cacheTokens(verify: TokenVerifier, options: TokenCacheOptions): TokenVerifier {
  const {
    trustedIssuer,
    clock,
    onLookup = () => {},
    maxEntries = MAX_ENTRIES,
    maxCharacters = MAX_CHARACTERS,
  } = options
  const entries = new BoundedMap<Entry>({ maxEntries, maxWeight: maxCharacters })
  const underWay = new Map<string, { readonly peer: VerifiedPeer; readonly verifying: Promise<VerifiedToken> }>()

  return (text, peer) => {
    const entry = entries.get(text)
    // A stolen token must not drive its owner's entry out.
    const isOwn = entry !== undefined && entry.token.thumbprint === peer.thumbprint
    const isKnown = isOwn && isTimely(entry, clock()) && isTrusted(entry, trustedIssuer())
    onLookup(isKnown)
    if (isKnown) return entry.token
    if (isOwn) entries.delete(text)
    return verifyOnce(text, peer)
  }

  /** Calls that bring the same token over the same connection at once wait for one verification. */
  function verifyOnce(text: string, peer: VerifiedPeer): Promise<VerifiedToken> {
    const other = underWay.get(text)
    if (other?.peer === peer) return other.verifying
    const verifying = verifyAndAdd(text, peer)
    underWay.set(text, { peer, verifying })
    return verifying
  }

  async function verifyAndAdd(text: string, peer: VerifiedPeer): Promise<VerifiedToken> {
    const head = trustedIssuer()
    try {
      const token = await verify(text, peer)
      const validFrom = (token.issuedAt - LEEWAY_SECONDS) * 1000
      const validTo = (token.expiresAt + LEEWAY_SECONDS) * 1000
      entries.set(text, { token, validFrom, validTo, head }, text.length)
      return token
    } finally {
      if (underWay.get(text)?.peer === peer) underWay.delete(text)
    }
  }
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
