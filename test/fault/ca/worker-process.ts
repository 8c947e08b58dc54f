import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Fault, type Order, PAUSE_FD, type Report } from './orders.ts'

const PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** A worker, as the test sees it. */
export class WorkerProcess {
  /** What became of the commands that have ended, in their order. Complete once the process has ended. */
  readonly reports: Report[] = []
  /** Resolves once it takes orders. */
  readonly ready: Promise<unknown>
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  constructor(env: NodeJS.ProcessEnv = {}) {
    this.#child = fork(PROGRAM, {
      execArgv: ['--conditions=source'],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
    })
    this.#ended = Promise.all([once(this.#child, 'exit'), once(this.#child, 'disconnect')])
    this.ready = once(this.#child, 'message').then(() => {
      this.#child.on('message', (report: Report) => this.reports.push(report))
    })
  }

  /** @throws where it dies of it */
  async run(...args: readonly string[]): Promise<Report> {
    const report = await this.#order({ args })
    if (report === undefined) throw new Error(`A worker died of ${args.join(' ')}.`)
    return report
  }

  /** Resolves to undefined where it dies of it. */
  runWith(fault: Fault, args: readonly string[]): Promise<Report | undefined> {
    return this.#order({ args, fault })
  }

  /** Gives an order, and does not wait for what becomes of it. */
  async start(order: Order): Promise<void> {
    await this.ready
    this.#child.send(order)
  }

  /** Resolves when it pauses next. */
  async paused(): Promise<void> {
    await once(this.#pauses, 'data')
  }

  /** Ends its pause. */
  goOn(): void {
    this.#pauses.write('.')
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  get #pauses(): Duplex {
    return this.#child.stdio[PAUSE_FD] as Duplex
  }

  async #order(order: Order): Promise<Report | undefined> {
    await this.ready
    const count = this.reports.length
    this.#child.send(order)
    await Promise.race([once(this.#child, 'message'), this.#ended])
    return this.reports[count]
  }
}
