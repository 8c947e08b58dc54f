import { messageOf } from '../../../src/core/errors.ts'
import { parseCompactToken } from '../../../src/token/compact.ts'
import { CALL_KINDS } from '../../support/call-kinds.ts'
import type { AuthorityProcess } from './authority-process.ts'
import type { Intruder } from './intruder.ts'
import type { Verifier } from './verifier.ts'

/** Callers who bring a token that was issued just now, by each authority in turn, to all verifiers at once. */
export class Newcomers {
  readonly problems: string[] = []
  calls = 0
  /** IDs of the keys that signed, with the last token of each. */
  readonly keys = new Map<string, string>()
  readonly #running: readonly Promise<void>[]
  #isStopped = false

  constructor(caller: Intruder, authorities: readonly AuthorityProcess[], verifiers: readonly Verifier[]) {
    this.#running = authorities.map((authority) => this.#run(caller, authority, verifiers))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#running)
  }

  async #run(caller: Intruder, authority: AuthorityProcess, verifiers: readonly Verifier[]): Promise<void> {
    for (let turn = 0; !this.#isStopped; turn += 1) {
      const kind = CALL_KINDS[turn % CALL_KINDS.length] ?? 'unary'
      try {
        const token = await caller.token(authority.address)
        this.keys.set(parseCompactToken(token).keyId, token)
        const outcomes = await Promise.all(verifiers.map(({ address }) => caller.call(address, token, kind)))
        this.calls += outcomes.length
        const refused = outcomes.filter(({ status }) => status !== 'OK')
        this.problems.push(...refused.map(({ reason, details }) => `${kind}: ${reason} ${details}`))
      } catch (error) {
        this.problems.push(`no token: ${messageOf(error)}`)
      }
    }
  }
}
