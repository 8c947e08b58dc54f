import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from './support/directory.ts'

const ROOT = join(import.meta.dirname, '..')
const README = read('README.md')

describe('the README', () => {
  test('shows the orders service and its protos as they are', () => {
    const [, code] = read('examples/shop/orders.ts').split('*/\n\n')
    expect(blocks('ts')).toEqual([code, read('examples/shop/protos.ts')])
  })

  test('shows the policy of the shop as it is', () => {
    expect(blocks('yaml')).toEqual([read('examples/shop/policy.yaml').replace(/^#.*\n/, '')])
  })

  test('shows an access rule as it stands in the .proto of the shop', () => {
    const [rule = 'no rule'] =
      blocks('proto')
        .join('')
        .match(/ {2}rpc Reserve[^}]*\}[^}]*\}/) ?? []
    expect(read('examples/shop/proto/shop/v1/shop.proto')).toContain(rule)
  })

  test('says of every reason what to do', () => {
    const [, union = ''] = read('src/core/errors.ts').match(/type AuthErrorCode =\n((?: {2}\| '\w+'\n)+)/) ?? []
    const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)
    expect(codes.length).toBeGreaterThan(15)
    for (const code of codes) expect(README).toMatch(new RegExp(`^\\|.*\`${code}\``, 'm'))
  })

  test('links to files that exist', () => {
    const links = [...README.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link)
    expect(links.length).toBeGreaterThan(5)
    for (const link of links) expect(existsSync(join(ROOT, link)), link).toBe(true)
  })

  test('has commands that work in their order', { timeout: 60_000 }, async () => {
    const directory = await temporaryDirectory()
    await symlink(join(ROOT, 'examples'), join(directory, 'examples'))
    const lines = blocks('sh').flatMap((block) => block.trim().split('\n'))
    const environment = exportsOf(lines)

    for (const line of lines.filter((text) => text.startsWith('npm run countersign -- ca'))) {
      expect(await exitCode(start(line, directory, environment)), line).toBe(0)
    }
    const services = lines.filter((text) => text.includes('serve --config') || text.startsWith('npx node'))
    expect(services).toHaveLength(4)
    const [order = 'no order', ...servers] = services.toReversed()
    for (const line of servers.toReversed()) await listening(start(line, directory, environment), line)
    expect(await exitCode(start(order, directory, environment)), order).toBe(0)
  })
})

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** The fenced blocks of one language. */
function blocks(language: string): readonly string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code)
}

function exportsOf(lines: readonly string[]): Record<string, string> {
  const assignments = lines.filter((line) => line.startsWith('export ')).flatMap((line) => line.split(' ').slice(1))
  return Object.fromEntries(assignments.map((assignment) => assignment.split('=')))
}

/** Runs a line with the runtime of the tests, in a directory that stands for the repository's. */
function start(line: string, directory: string, environment: Record<string, string>): ChildProcess {
  const command = line
    .replace('npm run countersign --', `--conditions=source ${join(ROOT, 'src/cli/main.ts')}`)
    .replace('npx node ', '')
  const child = spawn(process.execPath, command.split(' '), {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await exited
  })
  return child
}

async function exitCode(child: ChildProcess): Promise<unknown> {
  const [code] = await once(child, 'exit')
  return code
}

async function listening(child: ChildProcess, line: string): Promise<void> {
  let output = ''
  for await (const chunk of child.stdout ?? []) {
    output += chunk
    if (output.includes('"msg":"listening"')) return
  }
  throw new Error(`${line} ended without listening: ${output}`)
}
