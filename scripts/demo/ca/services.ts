import type { RevocationReason } from '../../../src/ca/revocation.ts'
import type { Operator } from '../operator.ts'
import type { Stage } from '../stage.ts'
import type { AuthorityNames } from './authority-names.ts'
import { type HeldCredential, holdCredential } from './held-credential.ts'
import { WITH_PASSPHRASE } from './passphrase-file.ts'

/** The services of the story: each has a folder of its own, and holds what it was issued. */
export class Services {
  readonly #stage: Stage
  readonly #operator: Operator
  readonly #names: AuthorityNames
  readonly #counts = new Map<string, number>()
  #valid: readonly HeldCredential[] = []

  constructor(stage: Stage, operator: Operator, names: AuthorityNames) {
    this.#stage = stage
    this.#operator = operator
    this.#names = names
  }

  /** All that was issued and is not revoked. */
  get valid(): readonly HeldCredential[] {
    return this.#valid
  }

  /** @param words how it must come: `by intermediate 1, trusting root 1` */
  issue(service: string, words: string): Promise<HeldCredential> {
    return this.#obtain(service, `ca issue ${service} --dns localhost --out ${service} ${WITH_PASSPHRASE}`, words)
  }

  /** Has a request of the service signed, which lies in its folder beside its key. */
  sign(service: string, words: string): Promise<HeldCredential> {
    const files = `--csr ${service}/${service}.csr --dns localhost --out ${service}`
    return this.#obtain(service, `ca sign ${service} ${files} ${WITH_PASSPHRASE}`, words)
  }

  renew(service: string, words: string): Promise<HeldCredential> {
    return this.#obtain(service, `ca renew ${service} --out ${service} ${WITH_PASSPHRASE}`, words)
  }

  async revoke({ name, serialNumber }: HeldCredential, reason: RevocationReason): Promise<void> {
    const words = `${name} is revoked: ${reason}`
    this.#forget((held) => held.serialNumber === serialNumber)
    await this.#operator.run<Revoked>(
      `revoke certificate ${serialNumber} --reason ${reason}`,
      ({ revocation }) => `${name} is revoked: ${revocation.reason}.`,
      words,
    )
  }

  /** Revokes what has been replaced: the records show then that nobody needs it. */
  async supersede(...replaced: readonly HeldCredential[]): Promise<void> {
    await Promise.all(replaced.map((held) => this.revoke(held, 'superseded')))
  }

  /** Revokes all that a service holds. */
  async revokeService(service: string): Promise<void> {
    const revoked = this.#valid.filter((held) => held.service === service)
    this.#forget((held) => held.service === service)
    const nameOf = (serial: string) => revoked.find(({ serialNumber }) => serialNumber === serial)?.name ?? serial
    await this.#operator.run<{ readonly serialNumbers: readonly string[] }>(
      `revoke service ${service}`,
      ({ serialNumbers }) => `Of ${service} is revoked: ${serialNumbers.map(nameOf).join(', ')}.`,
      `: ${revoked.map(({ name }) => name).join(', ')}.`,
    )
  }

  /** Of an intermediate that nobody is to trust any more. */
  forgetAllBy(issuer: string): void {
    this.#forget((held) => held.issuer === issuer)
  }

  async #obtain(service: string, command: string, words: string): Promise<HeldCredential> {
    const number = (this.#counts.get(service) ?? 0) + 1
    this.#counts.set(service, number)
    const held = await this.#operator.runAndLoad(
      command,
      () => holdCredential(this.#stage.path(service), service, number, this.#names),
      ({ name, issuer, roots, credential: { notAfter } }) =>
        `${name}: by ${issuer}, trusting ${roots}; valid to ${new Date(notAfter).toISOString()}.`,
      words,
    )
    this.#valid = [...this.#valid, held]
    return held
  }

  #forget(isGone: (held: HeldCredential) => boolean): void {
    this.#valid = this.#valid.filter((held) => !isGone(held))
  }
}

interface Revoked {
  readonly revocation: { readonly reason: string }
}
