import type { Certificate } from '../../../src/identity/certificate.ts'
import type { Report } from './orders.ts'

/** What was seen of one CA, in all its processes and files, from its beginning on. */
export class Evidence {
  /** By serial number, in base64: no two certificates have the same. */
  readonly #certificates = new Map<string, string>()
  /** By file, the last CRL that was seen in it. */
  readonly #crls = new Map<string, { readonly number: number; readonly pem: string }>()
  /** What commands told of that is on the CRLs of each issuer, by number. */
  readonly #revokedOn = new Map<string, Map<number, readonly string[]>>()
  /** The serial numbers below each intermediate that issues no more, when that was seen first. */
  readonly #closed = new Map<string, ReadonlySet<string>>()
  readonly issued: string[] = []
  readonly revoked: string[] = []
  readonly problems: string[] = []

  /** Roots that the operator gives: their certificates may be in files before the CA has them. */
  readonly given: readonly Certificate[]

  constructor(given: readonly Certificate[] = []) {
    this.given = given
  }

  get serialNumbers(): Iterable<string> {
    return this.#certificates.keys()
  }

  /** Takes what commands told of. */
  hear(reports: readonly Report[]): void {
    for (const { args, exitCode, out } of reports) {
      if (exitCode !== 0) continue
      const told = JSON.parse(out)
      const command = args.slice(0, 2).join(' ')
      if (ISSUING.test(command)) this.issued.push(told.serialNumber)
      if (command === 'revoke certificate') this.revoked.push(told.serialNumber)
      if (command === 'revoke service') this.revoked.push(...told.serialNumbers)
      if (command === 'ca crl') for (const crl of told.crls) this.#hearOfCrl(crl)
    }
  }

  seeCertificate({ serialNumber, der }: Certificate, place: string): void {
    const base64 = der.toString('base64')
    const other = this.#certificates.get(serialNumber) ?? base64
    if (other !== base64) this.problems.push(`${place}: the serial number ${serialNumber} is used twice`)
    this.#certificates.set(serialNumber, base64)
  }

  seeCrl(file: string, number: number, pem: string): void {
    const last = this.#crls.get(file)
    if (last !== undefined && number < last.number) {
      this.problems.push(`${file}: number ${number} after ${last.number}`)
    }
    if (last?.pem !== '' && number === last?.number && pem !== last.pem) {
      this.problems.push(`${file}: two CRLs have the number ${number}`)
    }
    this.#crls.set(file, { number, pem })
  }

  /** @param serialNumbers all that an intermediate has issued, which issues no more */
  seeClosed(keyId: string, serialNumbers: ReadonlySet<string>): void {
    const before = this.#closed.get(keyId) ?? serialNumbers
    if (before.size !== serialNumbers.size) {
      this.problems.push(`${serialNumbers.size - before.size} records below ${keyId} after it was closed`)
    }
    this.#closed.set(keyId, serialNumbers)
  }

  /** The command has ended: its file must never hold an earlier CRL again. */
  #hearOfCrl({ issuer, number, file, revoked }: ToldCrl): void {
    const told = this.#revokedOn.get(issuer) ?? new Map<number, readonly string[]>()
    if (told.has(number)) this.problems.push(`two commands made CRL ${number} of ${issuer}`)
    for (const [other, onOther] of told) {
      const [earlier, later] = other < number ? [onOther, revoked] : [revoked, onOther]
      const lost = earlier.filter((serialNumber) => !later.includes(serialNumber))
      if (lost.length > 0) this.problems.push(`CRLs ${number} and ${other} of ${issuer}: the later one lacks ${lost}`)
    }
    this.#revokedOn.set(issuer, told.set(number, revoked))
    const last = this.#crls.get(file)
    if (last === undefined || last.number < number) this.#crls.set(file, { number, pem: '' })
  }
}

const ISSUING = /^(?:ca (?:issue|sign|renew)|hand-out .*)$/

interface ToldCrl {
  readonly issuer: string
  readonly number: number
  readonly file: string
  readonly revoked: readonly string[]
}
