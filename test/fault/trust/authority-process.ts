import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Address } from '../../../src/core/address.ts'
import type { AuthorityMessage, AuthorityOrder, AuthoritySettings, AuthorityState } from './authority-orders.ts'
import type { StoreMishap } from './store-gauge.ts'

const PROGRAM = fileURLToPath(new URL('./authority-program.ts', import.meta.url))

/** An authority that may be killed, and started again at the same address. */
export class AuthorityProcess {
  /** What it logged that is worth a look, of all its lives. */
  readonly log: Extract<AuthorityMessage, { kind: 'logged' }>[] = []
  readonly #settings: AuthoritySettings
  #child: ChildProcess | undefined
  #port: number

  constructor(settings: AuthoritySettings) {
    this.#settings = settings
    this.#port = settings.port
  }

  get address(): Address {
    return { host: 'localhost', port: this.#port }
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  /** Resolves once it serves. @throws where it does not start */
  async start(): Promise<this> {
    const settings: AuthoritySettings = { ...this.#settings, port: this.#port }
    const child = fork(PROGRAM, [JSON.stringify(settings)], {
      execArgv: ['--conditions=source'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child = child
    child.on('message', (message: AuthorityMessage) => {
      if (message.kind === 'logged') this.log.push(message)
    })
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined
    })
    const { port } = await this.#next('serves')
    this.#port = port
    return this
  }

  /** Resolves once it is gone: nothing more is answered from here on. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  async state(): Promise<AuthorityState> {
    this.#send({ ask: 'state' })
    const { state } = await this.#next('state')
    return state
  }

  /** Has something happen at a write to its store from now on; nothing more, where no mishap is named. */
  async befall(mishap: StoreMishap | undefined, call = 1): Promise<void> {
    this.#send({ mishap, call })
    await this.#next('done')
  }

  /** Resolves once it has died of a mishap. */
  async died(): Promise<void> {
    if (this.#child !== undefined) await once(this.#child, 'exit')
  }

  #send(order: AuthorityOrder): void {
    this.#child?.send(order)
  }

  #next<Kind extends AuthorityMessage['kind']>(kind: Kind): Promise<Extract<AuthorityMessage, { kind: Kind }>> {
    const child = this.#child
    if (child === undefined) return Promise.reject(new Error('The authority does not run.'))
    return new Promise((resolve, reject) => {
      const end = () => reject(new Error(`The authority ended: ${this.log.at(-1)?.message}`))
      const take = (message: AuthorityMessage) => {
        if (message.kind !== kind) return
        child.off('message', take).off('exit', end)
        resolve(message as Extract<AuthorityMessage, { kind: Kind }>)
      }
      child.on('message', take).once('exit', end)
    })
  }
}
