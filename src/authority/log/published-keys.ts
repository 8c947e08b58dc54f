import type { Clock } from '../../core/clock.ts'
import { AuthError } from '../../core/errors.ts'
import type { Certificate } from '../../identity/certificate.ts'
import type { TrustDomain } from '../../identity/service-id.ts'
import type { KeyPublication } from '../../trust/change.ts'
import { type PublishedKey, verifyPublication } from '../../trust/published-key.ts'
import type { Revision } from '../../trust/revision.ts'
import { RevocationIndex } from '../../trust/revocation-index.ts'
import { isRevokedBy } from '../../trust/trust-contents.ts'
import type { TrustLog } from './trust-log.ts'

/** The signing keys of a trust log. */
export interface PublishedKeys {
  /** Those that an authority vouches for, by key ID, revoked or not. */
  readonly keys: ReadonlyMap<string, PublishedKey>
  /** Those that count for nothing, and why. */
  readonly refused: readonly { readonly keyId: string; readonly problem: string }[]
  isRevoked(key: PublishedKey): boolean
}

export interface KeyAnchors {
  readonly trustDomain: TrustDomain
  readonly roots: readonly Certificate[]
  readonly clock: Clock
}

const READ_AT_A_TIME = 10_000

/** Reads the whole log once, and verifies its keys. For those who look once: a verifier keeps a `TrustState`. */
export async function readPublishedKeys(log: TrustLog, anchors: KeyAnchors): Promise<PublishedKeys> {
  const publications = new Map<string, KeyPublication>()
  const revocations = new RevocationIndex()
  for (let after: Revision | undefined, isLast = false; !isLast; ) {
    const part = await log.read(after, READ_AT_A_TIME)
    for (const change of part.changes) {
      if (change.kind === 'key') publications.set(change.id, change)
      else if (change.kind !== 'roots') revocations.add(change)
    }
    after = part.revision
    isLast = part.isLast
  }
  return { ...verifyAll([...publications.values()], anchors), isRevoked: (key) => isRevokedBy(revocations, key) }
}

function verifyAll(publications: readonly KeyPublication[], { trustDomain, roots, clock }: KeyAnchors) {
  const keys = new Map<string, PublishedKey>()
  const refused: { readonly keyId: string; readonly problem: string }[] = []
  for (const publication of publications) {
    try {
      keys.set(publication.id, verifyPublication(publication, { trustDomain, roots, now: clock() }))
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      refused.push({ keyId: publication.id, problem: error.message })
    }
  }
  return { keys, refused }
}
