import { Backoff } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { isOwnTrouble } from './authorities.ts'

export interface AuthorityOutageOptions {
  /** A heartbeat that comes during an outage has come from an authority, and ends the wait. */
  readonly trust: TrustState
  readonly clock: Clock
  readonly random: () => number
}

interface FailedAttempt {
  readonly failure: AuthError
  /** How often an authority had vouched by then. */
  readonly vouchCount: number
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
    if (last === undefined || last.vouchCount !== this.#trust.vouchCount) return undefined
    const now = this.#clock()
    // A clock that was set back does not prolong the wait.
    return last.at <= now && now < last.waitUntil ? last.failure : undefined
  }

  /** @throws what `question` throws, or without asking what an attempt failed with that has just failed */
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
      const isAway = isOwnTrouble(error.code)
      if (!isAway) this.#end() // a refusal is an answer
      // Of several questions under way the first that fails brings the news; the others would only double the wait.
      if (isAway && this.#last === before) this.#begin(error)
      throw error
    }
  }

  #begin(failure: AuthError): void {
    const at = this.#clock()
    const { vouchCount } = this.#trust
    this.#last = { failure, vouchCount, at, waitUntil: at + this.#backoff.next() }
  }

  #end(): void {
    this.#last = undefined
    this.#backoff.reset()
  }
}
