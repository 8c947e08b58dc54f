import type { Clock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import type { Certificate } from '../identity/certificate.ts'
import type { TrustDomain } from '../identity/service-id.ts'
import { LEEWAY_SECONDS, type TrustedIssuer } from '../token/verify.ts'
import type { KeyPublication, RootsStatement, TrustChange } from './change.ts'
import { type PublishedKey, verifyPublication } from './published-key.ts'
import type { Revision } from './revision.ts'
import { RevocationIndex } from './revocation-index.ts'
import { type HeldRoots, rootsAfter } from './stated-roots.ts'

/** What keys and roots are verified with. */
export interface Anchors {
  readonly trustDomain: TrustDomain
  /** Of the verifier's own credential. */
  readonly roots: readonly Certificate[]
  readonly clock: Clock
  /** Told of entries that count for nothing, and why. */
  readonly alarm: (problem: string) => void
}

/** What a verifier knows now, but for revocations. Replaced whole, never changed in place. */
export interface TrustHead extends TrustedIssuer {
  readonly keys: ReadonlyMap<string, PublishedKey>
  readonly roots: readonly Certificate[]
}

/** How many entries are looked at each time, beside those for each that has come. */
const SWEPT_EACH_TIME = 1_000

interface Published {
  readonly publication: KeyPublication
  readonly key: PublishedKey
}

/** Everything that stands at a revision of the trust log. Keys and roots that nobody vouches for are left out of it. */
export class TrustContents {
  readonly revocations = new RevocationIndex()
  readonly #issuer: string
  readonly #anchors: Anchors
  readonly #published = new Map<string, Published>()
  readonly #statements: RootsStatement[] = []
  #revision: Revision
  #roots: HeldRoots
  #head: TrustHead | undefined
  /** How many changes have come since the last sweep. */
  #unswept = 0

  /** @param held what was stated before: roots that were given up stay so, whatever a snapshot leaves out */
  constructor(revision: Revision, issuer: string, anchors: Anchors, held?: HeldRoots) {
    this.#revision = revision
    this.#issuer = issuer
    this.#anchors = anchors
    this.#roots = held ?? { roots: anchors.roots, epoch: 0, sequence: 0 }
  }

  get roots(): HeldRoots {
    return this.#roots
  }

  get revision(): Revision {
    return this.#revision
  }

  /** The same one until something in it changes. */
  head(): TrustHead {
    this.#head ??= {
      issuer: this.#issuer,
      roots: this.#roots.roots,
      keys: new Map([...this.#published].map(([keyId, { key }]) => [keyId, key])),
    }
    return this.#head
  }

  /** Adds what stands at the same revision. */
  add(changes: readonly TrustChange[]): void {
    this.#take(changes, [this.revocations])
    this.#revokeKeys(this.revocations, [this.revocations])
  }

  /** Adds what stands at the next revision. Returns the revocations and blocks that came. */
  apply(revision: Revision, changes: readonly TrustChange[]): RevocationIndex {
    const news = new RevocationIndex()
    this.#take(changes, [this.revocations, news])
    this.#revokeKeys(news, [this.revocations, news])
    this.#unswept += changes.length
    this.#revision = revision
    return news
  }

  #take(changes: readonly TrustChange[], indexes: readonly RevocationIndex[]): void {
    // Keys may rest on the roots that statements name, and fall by revocations.
    const { roots } = this.#roots
    for (const change of changes) if (change.kind === 'roots') this.#addStatement(change)
    if (this.#roots.roots !== roots) this.#revokeKeysOfOtherRoots(indexes)
    for (const change of changes) {
      if (change.kind !== 'roots' && change.kind !== 'key') for (const index of indexes) index.add(change)
    }
    for (const change of changes) if (change.kind === 'key') this.#addKey(change, indexes)
  }

  /** Forgets keys that have expired, and some of the revocations that are over. @param now whole seconds since 1970 */
  forget(now: number): void {
    this.revocations.sweep(SWEPT_EACH_TIME + this.#unswept, now)
    this.#unswept = 0
    const limit = now - 2 * LEEWAY_SECONDS
    for (const { key } of [...this.#published.values()]) if (key.expiresAt < limit) this.#removeKey(key.keyId)
  }

  /** As the log has it. */
  *changes(): Generator<TrustChange> {
    yield* this.#statements
    for (const { publication } of this.#published.values()) yield publication
    yield* this.revocations.entries()
  }

  #addStatement(statement: RootsStatement): void {
    const { trustDomain, clock, alarm } = this.#anchors
    this.#statements.push(statement)
    const roots = rootsAfter(this.#roots, statement, { trustDomain, now: clock(), alarm })
    if (roots === this.#roots) return
    this.#roots = roots
    this.#head = undefined
  }

  /**
   * The key that is published, whichever its issuer.
   * @throws AuthError REQUEST_INVALID where no authority vouches for it
   */
  verify(publication: KeyPublication): PublishedKey {
    const { trustDomain, clock } = this.#anchors
    return verifyPublication(publication, { trustDomain, roots: this.#roots.roots, now: clock() })
  }

  /** Whether a key was revoked, or whoever published it. */
  isRevoked(key: PublishedKey): boolean {
    return isRevokedBy(this.revocations, key)
  }

  #addKey(publication: KeyPublication, indexes: readonly RevocationIndex[]): void {
    const { alarm } = this.#anchors
    try {
      const key = this.verify(publication)
      if (key.issuer !== this.#issuer) throw new AuthError('REQUEST_INVALID', `The key is of issuer ${key.issuer}.`)
      if (this.isRevoked(key)) {
        revokeTokensOf(key, indexes)
        return
      }
      this.#published.set(key.keyId, { publication, key })
      this.#head = undefined
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      alarm(`key ${publication.id}: ${error.message}`)
    }
  }

  /** Keys that were revoked, or whose authority's certificate was: every token of theirs is then. */
  #revokeKeys(news: RevocationIndex, indexes: readonly RevocationIndex[]): void {
    if (!news.isAboutKeys) return
    for (const { key } of [...this.#published.values()]) {
      if (!isRevokedBy(news, key)) continue
      revokeTokensOf(key, indexes)
      this.#removeKey(key.keyId)
    }
  }

  /** Keys that no root of those that are held now stands for. */
  #revokeKeysOfOtherRoots(indexes: readonly RevocationIndex[]): void {
    for (const { publication, key } of [...this.#published.values()]) {
      if (this.#isVouchedFor(publication)) continue
      revokeTokensOf(key, indexes)
      this.#removeKey(key.keyId)
    }
  }

  #isVouchedFor(publication: KeyPublication): boolean {
    try {
      this.verify(publication)
      return true
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      this.#anchors.alarm(`key ${publication.id}: ${error.message}`)
      return false
    }
  }

  #removeKey(keyId: string): void {
    this.#published.delete(keyId)
    this.#head = undefined
  }
}

/** Also those of tokens that were taken before: calls that rest on them are under way. */
function revokeTokensOf({ keyId, expiresAt }: PublishedKey, indexes: readonly RevocationIndex[]): void {
  for (const index of indexes) index.add({ kind: 'signingKey', id: keyId, until: expiresAt })
}

/** Whether a key was revoked, or the certificate of whoever published it. */
export function isRevokedBy(revocations: RevocationIndex, { keyId, publishers }: PublishedKey): boolean {
  return (
    revocations.isSigningKeyRevoked(keyId) ||
    publishers.some((publisher) => revocations.refusalOfCertificate(publisher) !== undefined)
  )
}
