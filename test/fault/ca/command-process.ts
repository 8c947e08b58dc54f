import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Report } from './orders.ts'

const PROGRAM = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/** A command of `countersign` as an operator runs it: a process of its own. */
export class CommandProcess {
  /** What became of it; undefined where it was killed. */
  readonly ended: Promise<Report | undefined>
  readonly #kill: () => void

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, ['--conditions=source', PROGRAM, ...args, '--json'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const written = { out: '', err: '' }
    child.stdout.on('data', (text) => {
      written.out += text
    })
    child.stderr.on('data', (text) => {
      written.err += text
    })
    this.#kill = () => child.kill('SIGKILL')
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exitCode) =>
        resolve(exitCode === null ? undefined : { args, exitCode, ...written, calls: 0 }),
      )
    })
  }

  kill(): void {
    this.#kill()
  }
}
