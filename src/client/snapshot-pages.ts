import { AuthError } from '../core/errors.ts'
import type { SnapshotPage__Output } from '../gen/countersign/v1/SnapshotPage.ts'
import { parseChanges, parseRevision } from '../transport/trust-messages.ts'
import { compareRevisions } from '../trust/revision.ts'
import type { TrustContents } from '../trust/trust-contents.ts'
import type { TrustState } from '../trust/trust-state.ts'

interface Begun {
  readonly contents: TrustContents
  readonly issuer: string
  readonly page: number
}

/** Collects the pages of a snapshot beside what is in force, and puts them there once the last has come. */
export class SnapshotPages {
  readonly #trust: TrustState
  #begun: Begun | undefined

  constructor(trust: TrustState) {
    this.#trust = trust
  }

  /** Whether pages have come, and others are still to come. */
  get isUnderWay(): boolean {
    return this.#begun !== undefined
  }

  /** @throws AuthError REQUEST_INVALID for a page that is garbled, or not the next; nothing is changed then */
  add(message: SnapshotPage__Output): void {
    const { contents, issuer, page } = this.#begun ?? this.#begin(message)
    const isNext = message.page === page + 1 && message.issuer === issuer
    if (!isNext || compareRevisions(parseRevision(message.revision), contents.revision) !== 0) {
      throw new AuthError('REQUEST_INVALID', `Page ${message.page} of a snapshot is not the one that is due.`)
    }
    contents.add(parseChanges(message.changes))
    this.#begun = message.last ? undefined : { contents, issuer, page: page + 1 }
    if (message.last) this.#trust.replace(contents)
  }

  #begin({ revision, issuer }: SnapshotPage__Output): Begun {
    return { contents: this.#trust.beginSnapshot(parseRevision(revision), issuer), issuer, page: 0 }
  }
}
