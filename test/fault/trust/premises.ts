import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import type { Credential } from '../../../src/identity/credential.ts'
import { loadCredential } from '../../../src/identity/credential-files.ts'
import { parseServicePath, servicePathOf } from '../../../src/identity/service-id.ts'
import { countersign, initCa, told } from '../../support/ca-command.ts'
import { SCOPES } from '../../support/call-kinds.ts'
import type { AuthoritySettings } from './authority-orders.ts'
import { AuthorityProcess } from './authority-process.ts'

/** Services that a test may do away with. */
const GUESTS = 400

const WAREHOUSE = `audience: warehouse, scopes: [${Object.values(SCOPES).join(', ')}]`
const CALLERS = ['orders', ...Array.from({ length: GUESTS }, (_, index) => guestPath(index))]
const POLICY = `grants:
  - { caller: orders, audience: countersign/authority, scopes: [trust.revoke] }
${CALLERS.map((caller) => `  - { caller: ${caller}, ${WAREHOUSE} }`).join('\n')}
`

const CONFIGURATION = `trustDomain: shop.internal
issuer: https://authority.shop.internal
listen: { grpc: "localhost:0" }
ca: ./pki
policy: ./policy.yaml
token: { ttlSeconds: 300 }
`

/** A CA, its store and its authorities on disk. All services call the warehouse. */
export class Premises {
  readonly dir: string
  readonly #config: string
  readonly #out: string
  #guests = 0

  /** Removed after the test. */
  static async create(): Promise<Premises> {
    const { dir, out } = await initCa()
    const config = join(dir, '..', 'countersign.yaml')
    await writeFile(config, CONFIGURATION)
    await writeFile(join(dir, '..', 'policy.yaml'), POLICY)
    return new Premises(dir, out, config)
  }

  private constructor(dir: string, out: string, config: string) {
    this.dir = dir
    this.#out = out
    this.#config = config
  }

  get store(): string {
    return join(this.dir, 'ca.db')
  }

  /** A new certificate, of the CA's own command. */
  async credential(service: string): Promise<Credential> {
    await this.command('ca', 'issue', service, '--dns', 'localhost', '--out', this.#out)
    return loadCredential(this.#out, parseServicePath(service), systemClock)
  }

  /** One more certificate in the place of the last; `undefined` where the CA refuses it. */
  async renew({ serviceId }: Credential): Promise<Credential | undefined> {
    const service = servicePathOf(serviceId)
    const { exitCode } = await countersign('ca', 'renew', service, '--dir', this.dir, '--out', this.#out)
    return exitCode === 0 ? loadCredential(this.#out, service, systemClock) : undefined
  }

  /** Resolves once it is acknowledged. */
  async block({ serviceId }: Credential): Promise<void> {
    await this.command('block', servicePathOf(serviceId))
  }

  async unblock({ serviceId }: Credential): Promise<void> {
    await this.command('unblock', servicePathOf(serviceId))
  }

  /** That of a service that nobody has met before. */
  guest(): Promise<Credential> {
    this.#guests += 1
    if (this.#guests > GUESTS) throw new Error(`There are no more than ${GUESTS} guests.`)
    return this.credential(guestPath(this.#guests - 1))
  }

  /** Runs a command of `countersign` on the CA, which must succeed: another process than the authority, for the store. */
  // biome-ignore lint/suspicious/noExplicitAny: what a command writes is looked at member by member
  command(...args: readonly string[]): Promise<any> {
    return told(...args, '--dir', this.dir)
  }

  /** Killed after the test, whichever life it is in. */
  async startAuthority(settings: Partial<AuthoritySettings> = {}): Promise<AuthorityProcess> {
    const defaults = { port: 0, clockAheadMs: 0, keyRotationSeconds: undefined }
    const authority = new AuthorityProcess({ ...defaults, ...settings, config: this.#config })
    onTestFinished(() => authority.kill())
    return authority.start()
  }
}

function guestPath(index: number): string {
  return `guests/g${index}`
}
