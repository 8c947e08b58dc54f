import { setTimeout as sleep } from 'node:timers/promises'
import { servicePathOf } from '../../../src/identity/service-id.ts'
import { parseCompactToken } from '../../../src/token/compact.ts'
import type { RevocationTarget } from '../../../src/workload/revocation-target.ts'
import type { Outcome } from '../../support/call-kinds.ts'
import type { Intruder } from './intruder.ts'
import type { Verifier } from './verifier.ts'

/** By what a suspect is revoked. */
export type Suspicion = 'token' | 'grant' | 'client' | 'service' | 'certificate' | 'signingKey'

/** Of whoever is revoked by these connections are cut; by the others calls are refused. */
const CUT: ReadonlySet<Suspicion> = new Set(['service', 'certificate'])

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

  /** What an authority is asked to revoke; `undefined` where there is a command alone. */
  get target(): RevocationTarget | undefined {
    const { serviceId } = this.#intruder.credential
    const targets: Readonly<Record<Suspicion, RevocationTarget | undefined>> = {
      token: { token: this.#token },
      grant: { grantId: this.tokenId },
      client: { client: serviceId },
      service: { service: serviceId },
      certificate: { certificate: this.#intruder.serialNumber },
      signingKey: undefined,
    }
    return targets[this.suspicion]
  }

  /** The command that does the same; `undefined` where it would have to be given a file. */
  get command(): readonly string[] | undefined {
    const service = servicePathOf(this.#intruder.credential.serviceId)
    const commands: Readonly<Record<Suspicion, readonly string[] | undefined>> = {
      token: undefined,
      grant: ['revoke', 'grant', this.tokenId],
      client: ['revoke', 'client', service],
      service: ['revoke', 'service', service],
      certificate: ['revoke', 'certificate', this.#intruder.serialNumber],
      signingKey: ['revoke', 'signing-key', parseCompactToken(this.#token).keyId],
    }
    return commands[this.suspicion]
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
    const isCut = CUT.has(this.suspicion) && status === 'UNAVAILABLE'
    const isOfNoKey = this.suspicion === 'signingKey' && reason === 'TOKEN_INVALID'
    if (isCut || isOfNoKey || reason === 'TOKEN_REVOKED' || reason === 'CERTIFICATE_REVOKED') return
    this.problems.push(`${this.suspicion}: refused for another reason: ${status} ${reason} ${details}`)
  }
}
