import { Backoff } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import type { TrustHead, TrustState } from '../trust/trust-state.ts'

export interface AuthorityOutageOptions {
  /** A head that comes during an outage has come from the authority, and ends it. */
  readonly trust: TrustState
  readonly clock: Clock
  readonly random: () => number
}

interface FailedAttempt {
  readonly failure: AuthError
  /** What was trusted then. */
  readonly head: TrustHead | undefined
  /** When it failed, and when the authority may be asked again: milliseconds since 1970. */
  readonly at: number
  readonly waitUntil: number
}

/** Asks an authority that is away now and then, rather than with every call. */
export class AuthorityOutage {
  readonly #trust: TrustState
  readonly #clock: Clock
  readonly #backoff: Backoff
  #last: FailedAttempt | undefined

  constructor({ trust, clock, random }: AuthorityOutageOptions) {
    this.#trust = trust
    this.#clock = clock
    this.#backoff = new Backoff(random)
  }

  /** Why the authority is not asked now; `undefined` where it may be. */
  get failure(): AuthError | undefined {
    const last = this.#last
    if (last === undefined || last.head !== this.#trust.current) return undefined
    const now = this.#clock()
    // A clock that was set back does not prolong the wait.
    return last.at <= now && now < last.waitUntil ? last.failure : undefined
  }

  /** @throws what `question` throws, or without asking the AUTHORITY_UNAVAILABLE of an attempt that has just failed */
  async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    const { failure } = this
    if (failure !== undefined) throw failure
    const before = this.#last
    try {
      const answer = await question()
      this.#end()
      return answer
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      const isAway = error.code === 'AUTHORITY_UNAVAILABLE'
      if (!isAway) this.#end() // a refusal is an answer
      // Of several questions under way the first that fails brings the news; the others would only double the wait.
      if (isAway && this.#last === before) this.#begin(error)
      throw error
    }
  }

  #begin(failure: AuthError): void {
    const head = this.#trust.current
    if (this.#last?.head !== head) this.#backoff.reset()
    const at = this.#clock()
    this.#last = { failure, head, at, waitUntil: at + this.#backoff.next() }
  }

  #end(): void {
    this.#last = undefined
    this.#backoff.reset()
  }
}
