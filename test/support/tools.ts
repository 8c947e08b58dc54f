import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { describe, onTestFinished, test, vi } from 'vitest'

/** A program that is not the repository's own, for tests of how ours gets along with others. */
export interface Tool {
  readonly command: string
  /** In words; undefined where it is here. */
  readonly missing: string | undefined
  /** Whether `.ci/run` installs it. */
  readonly isInCi: boolean
}

export const openssl: Tool = {
  command: 'openssl',
  missing: runs('openssl', 'version') ? undefined : 'there is no openssl command here',
  isInCi: true,
}

const pythonCommand = process.env['COUNTERSIGN_TEST_PYTHON']

/** With the packages of `test/interop/requirements.txt`. */
export const python: Tool = {
  command: pythonCommand ?? 'python3',
  missing: pythonCommand ? undefined : 'COUNTERSIGN_TEST_PYTHON names no Python that has test/interop/requirements.txt',
  isInCi: true,
}

export const go: Tool = {
  command: 'go',
  missing: runs('go', 'version') ? undefined : 'there is no go command here',
  isInCi: false,
}

export const java: Tool = {
  command: 'java',
  missing: runs('java', '-version') ? undefined : 'there is no java command here',
  isInCi: false,
}

/** Tests that need a tool. Without it they are skipped, and say so; in CI they fail where it should be there. */
export function describeWith({ missing, isInCi }: Tool, title: string, tests: () => void): void {
  if (missing === undefined) {
    describe(title, tests)
  } else if (isInCi && process.env['CI'] !== undefined) {
    test(title, () => {
      throw new Error(`These tests are not skipped in CI, but ${missing}.`)
    })
  } else {
    describe.skip(`${title} (skipped: ${missing})`, tests)
  }
}

export interface ToolRun {
  readonly exitCode: number
  /** What it wrote to standard output. */
  readonly out: string
  /** What it wrote to standard output, then to standard error. */
  readonly output: string
}

/** Runs a tool to its end, while this process goes on: a server in it can answer. Standard input is empty. */
export function runTool({ command }: Tool, args: readonly string[]): Promise<ToolRun> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { timeout: 60_000 }, (error, out, err) => {
      if (error !== null && typeof error.code !== 'number') reject(error)
      else resolve({ exitCode: Number(error?.code ?? 0), out, output: out + err })
    })
    child.stdin?.end()
  })
}

/** A tool that runs until the end of the test. */
export interface RunningTool {
  /** What it has written so far. */
  output(): string
  /** Resolves to the first match of a pattern in what it writes. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
}

export function startTool({ command }: Tool, args: readonly string[]): RunningTool {
  const child: ChildProcess = spawn(command, args, { stdio: 'pipe' })
  let output = ''
  let isEnded = false
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      output += text
    })
  }
  child.once('error', (error) => {
    output += error.message
    isEnded = true
  })
  child.once('close', () => {
    isEnded = true
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    output: () => output,
    async printed(pattern) {
      await vi.waitUntil(() => pattern.test(output) || isEnded, { timeout: 10_000, interval: 2 })
      const match = pattern.exec(output)
      if (match === null) throw new Error(`${command} has ended without ${pattern}: ${output}`)
      return match
    },
  }
}

function runs(command: string, arg: string): boolean {
  return spawnSync(command, [arg]).status === 0
}
