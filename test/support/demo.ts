import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, vi } from 'vitest'
import { temporaryDirectory } from './directory.ts'

const MAIN = fileURLToPath(new URL('../../scripts/demo/main.ts', import.meta.url))

/** Whether `processes` tells anything. */
export const hasProc: boolean = process.platform === 'linux'

/** A run of the demonstration as a process of its own. */
export interface DemoRun {
  readonly pid: number
  /** The folder for temporary files that it was given. */
  readonly temporary: string
  /** What it has printed so far. */
  output(): string
  /** Resolves once it has printed a text. */
  printed(text: string): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** Closes what reads its output, as `head` does. */
  stopReading(): void
  ended(): Promise<{ readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }>
  /** The files and folders that it made and that are still there, as paths. */
  files(): Promise<readonly string[]>
  /** The commands of its processes that still run, itself included. Needs /proc. */
  processes(): Promise<readonly DemoProcess[]>
}

export interface DemoProcess {
  readonly pid: number
  readonly command: string
}

/** Starts the demonstration with a folder for temporary files of its own, which all of its processes inherit. */
export async function startDemo(args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<DemoRun> {
  const temporary = await temporaryDirectory()
  const child: ChildProcess = spawn(process.execPath, ['--conditions=source', MAIN, ...args], {
    env: { ...process.env, ...environment, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      output += text
    })
  }
  const closed = once(child, 'close')
  const processes = () => processesWith(`TMPDIR=${temporary}`)
  onTestFinished(async () => {
    for (const { pid } of await processes()) kill(pid)
  })
  return {
    pid: child.pid ?? 0,
    temporary,
    output: () => output,
    async printed(text) {
      await vi.waitUntil(() => output.includes(text), { timeout: 60_000, interval: 2 })
    },
    kill: (signal) => void child.kill(signal),
    stopReading: () => void child.stdout?.destroy(),
    async ended() {
      const [exitCode, signal] = await closed
      return { exitCode, signal }
    },
    files: () => readdir(temporary, { recursive: true }).catch(() => []), // one may go while it is listed
    processes,
  }
}

/** Neither a folder nor, where /proc tells, a process of the run is left. */
export async function expectNothingLeft(demo: DemoRun): Promise<void> {
  expect.soft(await demo.files()).toEqual([])
  if (!hasProc) return
  await vi.waitUntil(async () => (await demo.processes()).length === 0, 3_000).catch(() => {})
  expect(await demo.processes()).toEqual([])
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended by now
  }
}

async function processesWith(variable: string): Promise<readonly DemoProcess[]> {
  const entries = await readdir('/proc').catch(() => [])
  const found = await Promise.all(
    entries
      .filter((entry) => /^\d+$/.test(entry))
      .map(async (entry) => {
        const [environment, command] = await Promise.all([readProc(entry, 'environ'), readProc(entry, 'cmdline')])
        return { pid: Number(entry), isOurs: environment.includes(variable), command: command.join(' ') }
      }),
  )
  return found.filter(({ isOurs }) => isOurs).map(({ pid, command }) => ({ pid, command }))
}

/** Empty for a process of somebody else, or one that has ended. */
async function readProc(pid: string, file: string): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
  return text.split('\0')
}
