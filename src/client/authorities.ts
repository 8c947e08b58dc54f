import type { Address } from '../core/address.ts'
import { AuthError, type AuthErrorCode } from '../core/errors.ts'
import type { TokenRequest } from '../token/token-source.ts'
import { AuthorityClient, type AuthorityClientOptions, type IssuedToken } from './authority-client.ts'

export interface AuthoritiesOptions extends Omit<AuthorityClientOptions, 'address'> {
  /** Each does as well as the others. At least one. */
  readonly addresses: readonly Address[]
  /** Spreads processes over the authorities. Default: `Math.random`. */
  readonly random?: () => number
}

/** All authorities that may be asked. A connection is made when one is asked first. */
export class Authorities {
  /** In an order of this process's own. */
  readonly clients: readonly AuthorityClient[]
  /** That which answered last. */
  #current: AuthorityClient

  constructor({ addresses, random = Math.random, ...options }: AuthoritiesOptions) {
    this.clients = shuffle(addresses, random).map((address) => new AuthorityClient({ ...options, address }))
    const [first] = this.clients
    if (first === undefined) throw new TypeError('Name an authority.')
    this.#current = first
  }

  /** @throws AuthError with an authority's reason, or AUTHORITY_UNAVAILABLE where none answered */
  issueToken(request: TokenRequest): Promise<IssuedToken> {
    return this.ask((authority) => authority.issueToken(request))
  }

  /**
   * Asks the authority that answered last, and where it cannot answer each of the others once. A refusal is an answer.
   * @param isUnanswered whether what was thrown is no answer; another authority may then do better
   * @throws what the last of them threw
   */
  async ask<Answer>(
    question: (authority: AuthorityClient) => Promise<Answer>,
    isUnanswered: (thrown: unknown) => boolean = (thrown) => thrown instanceof AuthError && isOwnTrouble(thrown.code),
  ): Promise<Answer> {
    let failure: unknown
    for (const authority of this.#inTurn()) {
      try {
        const answer = await question(authority)
        this.#current = authority
        return answer
      } catch (error) {
        failure = error
        if (isUnanswered(error)) continue
        this.#current = authority
        break
      }
    }
    throw failure
  }

  close(): void {
    for (const client of this.clients) client.close()
  }

  #inTurn(): readonly AuthorityClient[] {
    return [this.#current, ...this.clients.filter((client) => client !== this.#current)]
  }
}

const OWN_TROUBLE: ReadonlySet<AuthErrorCode> = new Set([
  'AUTHORITY_UNAVAILABLE',
  'STORE_UNAVAILABLE',
  'VERIFIER_NOT_READY',
])

/** Whether a code tells of the state of an authority, rather than of the request. */
export function isOwnTrouble(code: AuthErrorCode): boolean {
  return OWN_TROUBLE.has(code)
}

/** As Fisher and Yates do. */
function shuffle<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  const shuffled = [...items]
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const [picked] = shuffled.splice(Math.floor(random() * (last + 1)), 1)
    if (picked !== undefined) shuffled.push(picked)
  }
  return shuffled
}
