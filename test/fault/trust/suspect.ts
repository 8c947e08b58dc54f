import { setTimeout as sleep } from 'node:timers/promises'
import { servicePathOf } from '../../../src/identity/service-id.ts'
import { parseCompactToken } from '../../../src/token/compact.ts'
import type { RevocationTarget } from '../../../src/workload/revocation-target.ts'
import type { Outcome } from '../../support/call-kinds.ts'
import type { Intruder } from './intruder.ts'
import type { Verifier } from './verifier.ts'

export const SUSPICIONS = ['token', 'grant', 'client', 'service', 'certificate'] as const
/** By what a suspect is revoked. */
export type Suspicion = (typeof SUSPICIONS)[number]

/** Whoever is revoked by these has calls refused by token alone; of the others connections are cut as well. */
export function isOfToken(suspicion: Suspicion): boolean {
  return suspicion === 'token' || suspicion === 'grant' || suspicion === 'client'
}

const PROBE_MS = 20

/** A token in the hands of somebody who calls with it whatever happens, and who is to be refused from some time on. */
export class Suspect {
  readonly suspicion: Suspicion
  readonly problems: string[] = []
  readonly #intruder: Intruder
  readonly #token: string
  readonly #verifiers: readonly Verifier[]
  /** By address, when the last call began that was let through. */
  readonly #passedAt = new Map<string, number>()

  /** @param token of the intruder's certificate */
  constructor(suspicion: Suspicion, token: string, intruder: Intruder, verifiers: readonly Verifier[]) {
    this.suspicion = suspicion
    this.#intruder = intruder
    this.#token = token
    this.#verifiers = verifiers
  }

  /** What an authority is asked to revoke. */
  get target(): RevocationTarget {
    const { serviceId } = this.#intruder.credential
    const targets: Readonly<Record<Suspicion, RevocationTarget>> = {
      token: { token: this.#token },
      grant: { grantId: this.tokenId },
      client: { client: serviceId },
      service: { service: serviceId },
      certificate: { certificate: this.#intruder.serialNumber },
    }
    return targets[this.suspicion]
  }

  /** The command that does the same; `undefined` where it would have to be given a file. */
  get command(): readonly string[] | undefined {
    const service = servicePathOf(this.#intruder.credential.serviceId)
    const named = { grant: this.tokenId, client: service, service, certificate: this.#intruder.serialNumber }
    return this.suspicion === 'token' ? undefined : ['revoke', this.suspicion, named[this.suspicion]]
  }

  get tokenId(): string {
    return String(parseCompactToken(this.#token).payload['jti'])
  }

  /** @throws where a verifier refuses it already: nothing would be proved by it */
  async requireAccepted(): Promise<void> {
    for (const { address } of this.#verifiers) {
      const outcome = await this.#intruder.call(address, this.#token)
      if (outcome.status !== 'OK') throw new Error(`A suspect is refused before it is revoked: ${outcome.details}`)
    }
  }

  /** Calls every verifier until each has refused it, or `isOver`. */
  async probe(isOver: () => boolean): Promise<void> {
    await Promise.all(this.#verifiers.map((verifier) => this.#probe(verifier, isOver)))
  }

  /** By verifier, in their order, when the last call began that was let through; `undefined` where none was probed. */
  get passedAt(): readonly (number | undefined)[] {
    return this.#verifiers.map(({ address }) => this.#passedAt.get(address))
  }

  /** Where it is let through now. */
  async acceptedBy(verifiers: readonly Verifier[] = this.#verifiers): Promise<readonly string[]> {
    const outcomes = await Promise.all(verifiers.map(({ address }) => this.#intruder.call(address, this.#token)))
    return outcomes.flatMap(({ status }, index) => (status === 'OK' ? [verifiers[index]?.address ?? ''] : []))
  }

  async #probe({ address }: Verifier, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const begunAt = performance.now()
      const outcome = await this.#intruder.call(address, this.#token)
      if (outcome.status === 'OK') this.#passedAt.set(address, begunAt)
      else return this.#note(outcome)
      await sleep(PROBE_MS)
    }
    this.problems.push(`${this.suspicion}: ${address} never refused it`)
  }

  #note({ status, reason, details }: Outcome): void {
    const isCut = !isOfToken(this.suspicion) && status === 'UNAVAILABLE'
    if (isCut || reason === 'TOKEN_REVOKED' || reason === 'CERTIFICATE_REVOKED') return
    this.problems.push(`${this.suspicion}: refused for another reason: ${status} ${reason} ${details}`)
  }
}
