import { labelOf } from '../../../src/ca/issuers/authorities.ts'
import { parseCertificates } from '../../../src/identity/pem-certificates.ts'

/** What the story calls the roots and intermediates: `intermediate 2` is easier to follow than what its key is called. */
export class AuthorityNames {
  readonly #names = new Map<string, string>()

  /**
   * The name of the one that commands call by a label, such as `intermediate-3f9a2c5112345678`. The first to be asked
   * for is number 1 of its kind.
   */
  of(label: string): string {
    const known = this.#names.get(label)
    if (known !== undefined) return known
    const kind = kindOf(label)
    const number = [...this.#names.keys()].filter((other) => kindOf(other) === kind).length + 1
    const name = `${kind} ${number}`
    this.#names.set(label, name)
    return name
  }

  /** What commands call the one that has a name. */
  labelOf(name: string): string {
    const found = [...this.#names].find(([, other]) => other === name)
    if (found === undefined) throw new Error(`Nothing is called ${name}.`)
    return found[0]
  }

  /** The name of the one with a key ID, in lowercase hex. */
  ofKey(keyId: string): string {
    const found = [...this.#names].find(([label]) => label === labelOf({ name: kindOf(label), keyId }))
    return found?.[1] ?? `somebody unknown (${keyId})`
  }

  /** The names of the ones that have these certificates, in PEM. */
  inPem(pem: string): string {
    const keyIds = parseCertificates(pem, 'the certificates').map(({ subjectKeyId = '' }) => subjectKeyId)
    return keyIds.map((keyId) => this.ofKey(keyId)).join(' and ')
  }
}

function kindOf(label: string): string {
  return label.slice(0, label.lastIndexOf('-'))
}
