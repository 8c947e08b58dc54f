import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

/** On which core a process runs, so that servers and clients do not take each other's time. */
export type Side = 'client' | 'server'

const CORES: Readonly<Record<Side, string>> = { client: '0', server: '1' }

/** Whether each side gets a core of its own here. */
export const isPinned = availableParallelism() > 1 && hasTaskset()

/** A program of this folder as a process of its own, which answers each request with one message. */
export class Worker {
  readonly #process: ChildProcess

  constructor(program: string, args: readonly string[], side: Side) {
    const node = [process.execPath, '--conditions=source']
    const [execPath = '', ...execArgv] = isPinned ? ['taskset', '-c', CORES[side], ...node] : node
    this.#process = fork(fileURLToPath(new URL(program, import.meta.url)), args, {
      execPath,
      execArgv,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
  }

  /** Asks the process, which answers as `answerRequests` says. @throws Error where it ends before */
  async ask<Answer>(name: string, argument?: unknown): Promise<Answer> {
    const abort = new AbortController()
    const { signal } = abort
    try {
      const answered = once(this.#process, 'message', { signal })
      const gone = once(this.#process, 'exit', { signal }).then(([code]) => {
        throw new Error(`A process of the benchmark ended with ${code}.`)
      })
      gone.catch(() => {}) // where it was the answer that came
      this.#process.send([name, argument])
      const [{ answer }] = await Promise.race([answered, gone])
      return answer as Answer
    } finally {
      abort.abort()
    }
  }

  stop(): void {
    this.#process.disconnect()
  }
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
