/** The checks that need no running code: `npm run check`. One line for each, and the output of those that fail. */

import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { monotonicClock } from '../src/core/clock.ts'

interface Check {
  readonly name: string
  readonly command: string
  readonly arguments: readonly string[]
}

interface Outcome {
  readonly check: Check
  readonly passed: boolean
  readonly output: string
  readonly seconds: number
}

const root = join(import.meta.dirname, '..')
const binaries = join(root, 'node_modules', '.bin')

const CHECKS: readonly Check[] = [
  { name: 'format and lint', command: join(binaries, 'biome'), arguments: ['ci', '--colors=off'] },
  { name: 'types', command: join(binaries, 'tsc'), arguments: ['--noEmit', '-p', '.'] },
  { name: 'generated types', command: process.execPath, arguments: ['scripts/generate-types.ts', '--check'] },
  { name: 'proto lint', command: join(binaries, 'buf'), arguments: ['lint'] },
]

const outcomes = await Promise.all(CHECKS.map(run))
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1

async function run(check: Check): Promise<Outcome> {
  const start = monotonicClock()
  const { passed, output } = await execute(check)
  const outcome = { check, passed, output, seconds: (monotonicClock() - start) / 1000 }
  process.stdout.write(describe(outcome))
  return outcome
}

function execute(check: Check): Promise<{ passed: boolean; output: string }> {
  // The binaries are scripts for "node" on the PATH: it has to be the repository's own, whatever the machine has.
  const PATH = [binaries, process.env['PATH']].join(delimiter)
  const child = spawn(check.command, check.arguments, {
    cwd: root,
    env: { ...process.env, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ passed: false, output: error.message }))
    child.once('close', (code) => resolve({ passed: code === 0, output: Buffer.concat(chunks).toString('utf8') }))
  })
}

function describe({ check, passed, output, seconds }: Outcome): string {
  const line = `${passed ? 'ok    ' : 'FAILED'}  ${check.name.padEnd(16)} ${seconds.toFixed(1)} s\n`
  return passed ? line : `${line}\n${output.trimEnd()}\n\n`
}
