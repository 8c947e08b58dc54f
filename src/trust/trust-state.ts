import { AuthError } from '../core/errors.ts'
import { Subscribers } from '../core/subscribers.ts'
import type { TrustedIssuer } from '../token/verify.ts'

/** What a verifier knows now. Replaced whole, never changed in place. */
export type TrustHead = TrustedIssuer

/** The state that the trust feed keeps and that verifiers read. It does no I/O. */
export class TrustState {
  #head: TrustHead | undefined
  readonly #subscribers = new Subscribers<TrustHead>()

  /** The head in force; `undefined` before the first. */
  get current(): TrustHead | undefined {
    return this.#head
  }

  /** @throws AuthError VERIFIER_NOT_READY before the first snapshot */
  head(): TrustHead {
    if (this.#head === undefined) {
      throw new AuthError('VERIFIER_NOT_READY', 'This service has not heard from the authority yet. Try again shortly.')
    }
    return this.#head
  }

  /** Puts a new head in force. */
  replace(head: TrustHead): void {
    this.#head = head
    this.#subscribers.publish(head)
  }

  /** Calls `listener` with each later head. Returns what ends that. */
  subscribe(listener: (head: TrustHead) => void): () => void {
    return this.#subscribers.add(listener)
  }
}
