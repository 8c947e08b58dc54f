import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from './child.ts'
import { type CommandEnd, runCommand } from './command.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CLI = join(ROOT, 'src/cli/main.ts')
const SHOP = join(ROOT, 'examples/shop')

/** How an authority runs, where that is not as the shop has it. */
export interface AuthorityPlace {
  /** Default: a free port. */
  readonly listen?: string
  /** Makes the policy out of the shop's own. */
  readonly revise?: (policy: string) => string
}

/** What every chapter plays on: a folder with a CA, an authority, the shop's services. It all goes when it closes. */
export class Stage {
  readonly directory: string
  readonly #authorities: Child[] = []
  readonly #services: Child[] = []
  readonly #writing: Promise<unknown>[] = []
  #closed = false

  private constructor(directory: string) {
    this.directory = directory
  }

  static async open(): Promise<Stage> {
    return new Stage(await mkdtemp(join(tmpdir(), 'countersign-')))
  }

  /** Where a file of the stage lies. */
  path(...names: string[]): string {
    return join(this.directory, ...names)
  }

  get credentials(): string {
    return this.path('credentials')
  }

  /** Runs a command of `countersign`, in the stage's folder, that must be done. */
  async command(...args: string[]): Promise<void> {
    const end = await this.attempt(...args)
    if (end.outcome === 'refused') throw new Error(`${args.join(' ')} was refused: ${end.message}`)
  }

  /** Runs a command of `countersign`, in the stage's folder, and tells how it ended. */
  attempt(...args: string[]): Promise<CommandEnd> {
    const options = { directory: this.directory, compileCache: this.path('compile-cache') }
    return this.write(() => runCommand([CLI, ...args], options))
  }

  /** Does what writes into the stage's folder: it will have ended before the folder is removed. */
  write<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#requireOpen()
    const writing = work()
    this.#writing.push(writing)
    return writing
  }

  /** Starts the shop's authority, with the stage's own CA. */
  async startAuthority({ listen = 'localhost:0', revise = (policy) => policy }: AuthorityPlace = {}): Promise<Child> {
    const [configuration, policy] = await Promise.all([
      readFile(join(SHOP, 'countersign.yaml'), 'utf8'),
      readFile(join(SHOP, 'policy.yaml'), 'utf8'),
    ])
    const staged = configuration.replace('localhost:8440', listen).replace('../../pki', './pki')
    await this.write(() => writeFile(this.path('countersign.yaml'), staged))
    await this.write(() => writeFile(this.path('policy.yaml'), revise(policy)))
    const child = this.#start('authority', [CLI, 'serve', '--config', this.path('countersign.yaml')], {})
    this.#authorities.push(child)
    return child
  }

  /** Starts one of the shop's services; `args` are its own. */
  startService(name: string, authority: string, args: readonly string[]): Child {
    const environment = {
      COUNTERSIGN_AUTHORITY: authority,
      COUNTERSIGN_CREDENTIALS: this.credentials,
      LOG_LEVEL: 'debug',
    }
    const child = this.#start(name, [join(SHOP, `${name}.ts`), ...args], environment)
    this.#services.push(child)
    return child
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#writing)
    // Servers drain before the authority that their feeds hang on.
    for (const children of [this.#services, this.#authorities]) {
      await Promise.all(children.map((child) => child.stop()))
    }
    await rm(this.directory, { recursive: true, force: true })
  }

  #start(name: string, args: readonly string[], environment: NodeJS.ProcessEnv): Child {
    this.#requireOpen()
    return new Child(name, args, environment)
  }

  #requireOpen(): void {
    if (this.#closed) throw new Error('The story was stopped.')
  }
}
