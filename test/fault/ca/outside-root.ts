import { createPublicKey } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { issueCertificate } from '../../../src/ca/certificate/issue.ts'
import { intermediateTemplate, rootTemplate } from '../../../src/ca/certificate/template.ts'
import { statementFileOf } from '../../../src/ca/directory/ca-files.ts'
import { signStatement } from '../../../src/identity/bundle-statement.ts'
import type { Certificate } from '../../../src/identity/certificate.ts'
import { generateKeyPair, type KeyPair } from '../../../src/identity/key-pair.ts'
import { encodeCertificate } from '../../../src/identity/pem.ts'
import { parseTrustDomain } from '../../../src/identity/service-id.ts'
import { TEST_PROFILES } from '../../../src/testing/test-profiles.ts'

const trustDomain = parseTrustDomain('shop.internal')

/** A root whose key the CA does not have, and what its owner does by hand. */
export class OutsideRoot {
  readonly certificate: Certificate
  /** Of the certificate. */
  readonly file: string
  readonly #directory: string
  readonly #keyPair: KeyPair

  private constructor(directory: string, keyPair: KeyPair, certificate: Certificate) {
    this.certificate = certificate
    this.#directory = directory
    this.#keyPair = keyPair
    this.file = join(directory, 'root.pem')
  }

  /** @param isStating whether it may sign bundle statements too */
  static async create(directory: string, { isStating }: { readonly isStating: boolean }): Promise<OutsideRoot> {
    const keyPair = generateKeyPair()
    const { publicKey, privateKey } = keyPair
    const template = rootTemplate({ trustDomain, publicKey }, TEST_PROFILES.root, Date.now())
    const keyUsage = template.keyUsage.filter((usage) => isStating || usage !== 'digitalSignature')
    const root = new OutsideRoot(directory, keyPair, issueCertificate({ ...template, keyUsage }, privateKey))
    await mkdir(directory, { recursive: true })
    await writeFile(root.file, encodeCertificate(root.certificate.der))
    return root
  }

  /** Certifies the request in a CA's directory that was made last. Returns the file of the answer. */
  async certify(dir: string): Promise<string> {
    const names = (await readdir(dir)).filter((name) => name.endsWith('.csr'))
    const times = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(dir, name))).mtimeMs })))
    const [{ name } = { name: 'none.csr' }] = times.sort((one, other) => other.at - one.at)
    const publicKey = createPublicKey(await readFile(join(dir, name.replace('.csr', '.key'))))
    const request = { trustDomain, publicKey }
    const template = intermediateTemplate(request, this.certificate, TEST_PROFILES.intermediate, Date.now())
    const { der } = issueCertificate(template, this.#keyPair.privateKey, this.certificate)
    return this.#write('answer.pem', encodeCertificate(der))
  }

  /** Signs a bundle statement in a CA's directory. Returns the file of the signature. */
  async state(dir: string, sequence: number): Promise<string> {
    const text = await readFile(statementFileOf(dir, sequence), 'utf8')
    return this.#write('statement.sig', signStatement(text, this.#keyPair.privateKey))
  }

  async #write(name: string, content: string | Buffer): Promise<string> {
    const file = join(this.#directory, name)
    await writeFile(file, content)
    return file
  }
}
