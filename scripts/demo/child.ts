import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A line of a service's log. */
export type LogLine = Readonly<Record<string, unknown>>

const START_TIMEOUT_MS = 15_000
const LINE_TIMEOUT_MS = 5_000
const STOP_TIMEOUT_MS = 12_000

/** A process of the story, and what it has logged. */
export class Child {
  readonly name: string
  readonly #process: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #lines: LogLine[] = []
  readonly #waiting = new Set<() => void>()
  #read = 0
  #errors = ''

  constructor(name: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
    this.name = name
    this.#process = spawn(process.execPath, ['--conditions=source', ...args], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#exited = once(this.#process, 'exit')
    if (this.#process.stdout) createInterface(this.#process.stdout).on('line', (line) => this.#receive(line))
    this.#process.stderr?.on('data', (text) => {
      this.#errors += text
    })
    this.#process.once('exit', () => this.#wake())
  }

  /** The address at which the process listens, once it does. */
  async address(): Promise<string> {
    const line = await this.nextLine((line) => line['msg'] === 'listening', START_TIMEOUT_MS)
    return String(line['address'])
  }

  /** The first line that fits, of those logged after the ones that earlier calls returned or `skipLines` skipped. */
  async nextLine(fits: (line: LogLine) => boolean, timeoutMs = LINE_TIMEOUT_MS): Promise<LogLine> {
    const deadline = AbortSignal.timeout(timeoutMs)
    for (;;) {
      const index = this.#lines.findIndex((line, position) => position >= this.#read && fits(line))
      const line = this.#lines[index]
      if (line !== undefined) {
        this.#read = index + 1
        return line
      }
      if (this.#hasEnded()) throw new Error(`${this.name} ended: ${this.#errors.trim()}`)
      if (deadline.aborted) throw new Error(`${this.name} did not log what was expected within ${timeoutMs} ms.`)
      await this.#untilNews(deadline)
    }
  }

  skipLines(): void {
    this.#read = this.#lines.length
  }

  /** Asks the process to stop, and kills it where it does not. */
  async stop(): Promise<void> {
    if (this.#hasEnded()) return
    this.#process.kill('SIGTERM')
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.#exited
    clearTimeout(timer)
  }

  /** Ends the process at once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exited
  }

  #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  #receive(text: string): void {
    this.#lines.push(parseLine(text))
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }

  #untilNews(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        deadline.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      deadline.addEventListener('abort', wake)
    })
  }
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text)
  } catch {
    return { msg: text }
  }
}
