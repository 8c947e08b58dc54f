import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { temporaryDirectory } from './support/directory.ts'
import { describeWith, openssl } from './support/tools.ts'

const ROOT = join(import.meta.dirname, '..')
const README = read('README.md')

describeWith(openssl, 'the chapters of the README on the CA and on revoking', () => {
  test('work copied line by line', { timeout: 60_000 }, async () => {
    const directory = await temporaryDirectory()
    const npm = join(directory, 'bin', 'npm')
    await mkdir(join(directory, 'bin'))
    const main = join(ROOT, 'src/cli/main.ts')
    await writeFile(npm, `#!/bin/sh\nshift 3\nexec '${process.execPath}' --conditions=source '${main}' "$@"\n`, {
      mode: 0o755,
    })
    const script = ['The CA', 'Revoke'].flatMap((title) => blocks('sh', chapter(title))).join('')
    expect(script.match(/^npm run countersign -- /gm)?.length).toBeGreaterThan(12)
    const PATH = `${join(directory, 'bin')}:${process.env['PATH']}`
    const options = { cwd: directory, env: { ...process.env, PATH }, encoding: 'utf8' } as const
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], options)
    expect(status, stdout + stderr).toBe(0)
    expect(stdout).toContain('Issued spiffe://shop.internal/inventory')
    expect(stdout + stderr).not.toContain('PRIVATE KEY')
  })
})

describe('the README', () => {
  test('shows the orders service, its protos and the example of the test kit as they are', () => {
    const [, code] = read('examples/shop/orders.ts').split('*/\n\n')
    const [, example = ''] =
      read('src/testing/test-mesh.ts').match(/@example\n((?: \*.*\n)+?) \*\/\nexport async/) ?? []
    expect(blocks('ts')).toEqual([code, read('examples/shop/protos.ts'), example.replace(/^ \* ?/gm, '')])
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

  // The examples' fixed ports lie below 32768: from there on a system hands them to whoever connects to anything.
  test('has commands that work in their order', { timeout: 60_000 }, async () => {
    const directory = await temporaryDirectory()
    await symlink(join(ROOT, 'examples'), join(directory, 'examples'))
    const lines = blocks('sh', chapter('Run it')).flatMap((block) => block.trim().split('\n'))
    const environment = exportsOf(lines)

    const isService = (line: string) => line.includes('serve --config') || line.startsWith('npx node')
    const isStatus = (line: string) => line.includes('trust status')
    const isCommand = (line: string) => line.startsWith('npm run countersign --') && !isService(line)
    const commands = lines.filter((line) => isCommand(line) && !isStatus(line))
    expect(commands).toHaveLength(7)
    for (const line of commands) expect(await exitCode(start(line, directory, environment)), line).toBe(0)
    const services = lines.filter(isService)
    expect(services).toHaveLength(5)
    const [order = 'no order', ...servers] = services.toReversed()
    for (const line of servers.toReversed()) await listening(start(line, directory, environment), line)
    expect(await exitCode(start(order, directory, environment)), order).toBe(0)
    const [ofAuthority = 'no status', ofInventory = 'no status', ...more] = lines.filter(isStatus)
    expect(more).toEqual([])
    expect(await outputOf(start(ofAuthority, directory, environment))).toContain('3 verifiers:')
    expect(await outputOf(start(ofInventory, directory, environment))).toContain('inventory is fresh')
  })

  describe('on moving an existing service', () => {
    const files = ['prices.proto', 'protos.ts', 'server.ts', 'client.ts']

    test('shows the change that moves it', async () => {
      const directory = await temporaryDirectory()
      for (const file of files) await copyFile(join(ROOT, 'examples/plain', file), join(directory, file))
      await writeFile(join(directory, 'change.diff'), blocks('diff').join(''))
      execFileSync('git', ['apply', 'change.diff'], { cwd: directory })
      for (const file of files) {
        expect(await readFile(join(directory, file), 'utf8'), file).toBe(read(`examples/moved/${file}`))
      }
      expect(README).toContain(read('examples/moved/policy.yaml').replace(/^grants:\n {2}- (.*)\n$/, '`$1`'))
    })

    test('starts from one that works', async () => {
      start('npx node examples/plain/server.ts', ROOT, {})
      await vi.waitUntil(() => isOpen(8460), 10_000)
      expect(await outputOf(start('npx node examples/plain/client.ts', ROOT, {}))).toBe('Tea costs 450 cents.\n')
    })

    test('ends with one that works in the mesh', { timeout: 60_000 }, async () => {
      const directory = await temporaryDirectory()
      await symlink(join(ROOT, 'examples'), join(directory, 'examples'))
      await copyFile(join(ROOT, 'examples/moved/policy.yaml'), join(directory, 'policy.yaml'))
      const configuration = read('examples/shop/countersign.yaml').replace('../../pki', './pki')
      await writeFile(join(directory, 'countersign.yaml'), configuration)
      const environment = exportsOf(blocks('sh', chapter('Run it')).flatMap((block) => block.trim().split('\n')))
      for (const command of [
        'ca init --trust-domain shop.internal --dangerously-unencrypted',
        'ca issue prices --dns localhost --out credentials',
        'ca issue till --out credentials',
      ]) {
        expect(await exitCode(start(`npm run countersign -- ${command}`, directory, environment)), command).toBe(0)
      }
      for (const server of [
        'npm run countersign -- serve --config countersign.yaml',
        'npx node --conditions=source examples/moved/server.ts',
      ]) {
        await listening(start(server, directory, environment), server)
      }
      const till = start('npx node --conditions=source examples/moved/client.ts', directory, environment)
      expect(await outputOf(till)).toContain('Tea costs 450 cents.\n')
    })
  })
})

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** What stands under a heading, up to the next one. */
function chapter(title: string): string {
  const [, text] = README.split(`\n## ${title}\n`)
  if (text === undefined) throw new Error(`There is no chapter "${title}".`)
  return text.split('\n## ')[0] ?? ''
}

/** The fenced blocks of one language. */
function blocks(language: string, text = README): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code)
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

async function outputOf(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit')
  const output = child.stdout === null ? '' : await text(child.stdout)
  await ended
  return output
}

/** Whether a port of localhost takes connections. */
async function isOpen(port: number): Promise<boolean> {
  const socket = connect({ host: 'localhost', port })
  const opened = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return opened
}

async function listening(child: ChildProcess, line: string): Promise<void> {
  let output = ''
  for await (const chunk of child.stdout ?? []) {
    output += chunk
    if (output.includes('"msg":"listening"')) return
  }
  throw new Error(`${line} ended without listening: ${output}`)
}
