import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import * as source from 'countersign'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/**
 * What a user gets: the package is packed from a copy of the repository as `npm publish` packs it, installed
 * from the registry's metadata with the dependencies that package-lock.json names and no others, type-checked
 * with everything that it brings along, and run by Node as it is. Which newer dependencies would do is not shown.
 */

const root = join(import.meta.dirname, '..')

/** Exported for services; without one of them a service cannot be written. */
const PAVED_PATH = ['AuthError', 'callerOf', 'joinMesh', 'loadProtos', 'parseServiceId']

const PROTO = `
syntax = "proto3";
package greeting.v1;
import "countersign/v1/access.proto";
service Greeter {
  rpc Greet(Greeting) returns (Greeting) {
    option (countersign.v1.access) = {scopes: "greeting.greet"};
  }
}
message Greeting { string text = 1; }
`

const CONSUMER = `
import { AuthError, type AuthErrorCode, callerOf, joinMesh, loadProtos, parseServiceId, type ServiceId, type Workload } from 'countersign'

interface Protos {
  readonly greeting: { readonly v1: { readonly Greeter: { readonly service: { readonly Greet: { readonly path: string } } } } }
}

const id: ServiceId = parseServiceId('spiffe://shop.internal/orders')
const protos = loadProtos<Protos>(['greeting.proto'], { directories: [import.meta.dirname] })
const join: () => Promise<Workload> = () => joinMesh({ service: 'orders' })
// @ts-expect-error: a text is not a service ID before it was parsed
const unparsed: ServiceId = 'spiffe://shop.internal/orders'

async function codeOf(attempt: () => unknown): Promise<AuthErrorCode | undefined> {
  try {
    await attempt()
    return undefined
  } catch (error) {
    return error instanceof AuthError ? error.code : undefined
  }
}

process.stdout.write(JSON.stringify({
  id,
  unparsed,
  path: protos.greeting.v1.Greeter.service.Greet.path,
  refused: await codeOf(() => parseServiceId('orders')),
  joined: await codeOf(join),
  callerOf: typeof callerOf,
  names: Object.keys(await import('countersign')).sort(),
}))
`

/** A user's test of the shop's inventory, in Node's own runner. */
const TEST = `
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Credential } from 'countersign'
import { channelCredentials, createTestCa, reasonOf, recordingLogger, startTestMesh, type TestMesh } from 'countersign/testing'
import { Inventory } from './protos.ts'

const policy = { grants: [{ caller: 'orders', audience: 'inventory', scopes: ['inventory.reserve'] }] }

async function serve(mesh: TestMesh): Promise<string> {
  const server = (await mesh.join('inventory')).createServer()
  server.addService(Inventory, {
    reserve: async ({ request }) => ({ reservationId: request.quantity + ' of ' + request.sku }),
    restock: async () => ({}),
    async *watch() {},
  })
  const { port } = await server.listen('localhost:0')
  return 'localhost:' + port
}

test('orders reserves, a day later too', async () => {
  await using mesh = await startTestMesh({ policy, logger: recordingLogger() })
  for (const milliseconds of [0, 25 * 60 * 60 * 1000]) {
    mesh.clock.advance(milliseconds)
    const address = await serve(mesh)
    const inventory = (await mesh.join('orders')).createClient(Inventory, 'inventory', address)
    const { reservationId } = await inventory.reserve({ sku: 'tea', quantity: 3 })
    assert.equal(reservationId, '3 of tea')
  }
})

test('nobody reserves without a token, or with a certificate of another CA', async () => {
  await using mesh = await startTestMesh({ policy })
  const address = await serve(mesh)
  const reasonFor = (credential: Credential) => new Promise((resolve) => {
    const client = new Inventory(address, channelCredentials(credential))
    client.reserve({ sku: 'tea' }, (error) => {
      client.close()
      resolve(error && reasonOf(error))
    })
  })
  assert.equal(await reasonFor(mesh.credential('orders')), 'CREDENTIALS_MISSING')
  assert.equal(await reasonFor(createTestCa().credential('orders', { bundle: mesh.ca.bundle })), undefined)
})
`

const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2024',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    rewriteRelativeImportExtensions: true,
    outDir: 'out',
    rootDir: '.',
  },
  include: ['*.ts'],
}

describe('the package, installed in another project', { timeout: 60_000 }, () => {
  let directory: string
  let project: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'countersign-package-'))
    project = join(directory, 'project')
    const tarball = await pack(join(directory, 'repository'))
    await createProject(project)
    const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
    await run('npm', ['install', ...options, tarball, ...(await typesAndCompiler())], project)
  }, 120_000)

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  test('holds what is meant to be published, and nothing else', async () => {
    const entries = await readdir(join(project, 'node_modules/countersign'))
    expect(entries.sort()).toEqual(expect.arrayContaining(['LICENSE', 'dist', 'package.json', 'proto']))
    const known = [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist',
      'docs',
      'package.json',
      'pki',
      'proto',
    ]
    expect(entries.filter((entry) => !known.includes(entry))).toEqual([])
    const files = await readdir(join(project, 'node_modules/countersign'), { recursive: true, withFileTypes: true })
    const names = files.filter((file) => file.isFile()).map(({ name }) => name)
    expect(names.filter((name) => /\.(key|pem|sqlite|db|env|tgz|map)$|\.test\./.test(name))).toEqual([])
    expect(names).toContain('access.proto')
    expect(await readdir(join(project, 'node_modules/countersign/pki'))).toEqual(['profiles.yaml'])
  })

  test('has the types that a strict project needs, and runs without options to Node', async () => {
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], project)
    const output = await run(process.execPath, ['out/consumer.js'], project)
    expect(JSON.parse(output)).toEqual({
      id: 'spiffe://shop.internal/orders',
      unparsed: 'spiffe://shop.internal/orders',
      path: '/greeting.v1.Greeter/Greet',
      refused: 'REQUEST_INVALID',
      joined: 'CONFIGURATION_INVALID',
      callerOf: 'function',
      names: Object.keys(source).sort(),
    })
  })

  test('brings a test kit, which needs no other test runner than Node', async () => {
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], project)
    const output = await run(process.execPath, ['out/inventory.test.js'], project)
    expect(output).toMatch(/^. tests 2$/m)
    expect(output).toMatch(/^. pass 2$/m)
  })

  test('keeps what it does not export to itself', async () => {
    const reach = "import('countersign/dist/core/errors.js').catch(({ code }) => console.log(code))"
    expect(await run(process.execPath, ['--eval', reach], project)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n')
  })

  test('brings its protos', async () => {
    const file = "console.log(import.meta.resolve('countersign/proto/countersign/v1/access.proto'))"
    const url = (await run(process.execPath, ['--input-type=module', '--eval', file], project)).trim()
    expect(await readFile(new URL(url), 'utf8')).toContain('extend google.protobuf.MethodOptions')
  })

  test('brings the command', async () => {
    const help = await run(join(project, 'node_modules/.bin/countersign'), ['--help'], project)
    expect(help).toMatch(/^Usage: countersign /)
  })

  test('brings what a CA needs', async () => {
    const countersign = join(project, 'node_modules/.bin/countersign')
    const init = ['ca', 'init', '--trust-domain', 'shop.internal', '--dangerously-unencrypted']
    await run(countersign, init, project)
    expect(await run(countersign, ['ca', 'issue', 'orders', '--out', 'credentials'], project)).toMatch(/^Issued /)
  })
})

test('a service finds what it needs among the exports', () => {
  expect(Object.keys(source)).toEqual(expect.arrayContaining(PAVED_PATH))
})

/** Packs a copy, so that the build does not touch the repository that other tests read. */
async function pack(copy: string): Promise<string> {
  const left = new Set(['.git', 'dist', 'node_modules'])
  await cp(root, copy, { recursive: true, filter: (path) => !left.has(relative(root, path)) })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], copy)
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', dirname(copy)], copy)
  const [tarball = ''] = (await readdir(dirname(copy))).filter((name) => name.endsWith('.tgz'))
  return join(dirname(copy), tarball)
}

async function createProject(project: string): Promise<void> {
  await mkdir(project)
  const manifest = { name: 'project', private: true, type: 'module', overrides: await lockedVersions() }
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  await writeFile(join(project, 'greeting.proto'), PROTO)
  await mkdir(join(project, 'out'))
  await writeFile(join(project, 'out/greeting.proto'), PROTO)
  await writeFile(join(project, 'consumer.ts'), CONSUMER)
  await writeFile(join(project, 'inventory.test.ts'), TEST)
  for (const entry of ['proto', 'gen', 'protos.ts']) {
    await cp(join(root, 'examples/shop', entry), join(project, entry), { recursive: true })
  }
  await cp(join(root, 'examples/shop/proto'), join(project, 'out/proto'), { recursive: true })
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly dev?: boolean }>>
}

/** The versions that the other tests run with, so that this test tells of the package and not of today's registry. */
async function lockedVersions(): Promise<Readonly<Record<string, string>>> {
  const { packages } = await readJson<Lockfile>('package-lock.json')
  const installed = Object.entries(packages).filter(
    ([path, { dev }]) => /^node_modules\/(?!.*node_modules)/.test(path) && dev !== true,
  )
  return Object.fromEntries(installed.map(([path, { version }]) => [path.replace('node_modules/', ''), version]))
}

async function typesAndCompiler(): Promise<readonly string[]> {
  const { devDependencies } = await readJson<{ devDependencies: Record<string, string> }>('package.json')
  return ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`)
}

async function readJson<Value>(file: string): Promise<Value> {
  return JSON.parse(await readFile(join(root, file), 'utf8')) as Value
}

/** Runs a program to its end, on the Node that runs this test. */
async function run(file: string, args: readonly string[], cwd: string): Promise<string> {
  const { NODE_OPTIONS, COUNTERSIGN_AUTHORITY, COUNTERSIGN_CREDENTIALS, ...env } = process.env
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter)
  try {
    const { stdout } = await promisify(execFile)(file, args, { cwd, env: { ...env, PATH }, timeout: 90_000 })
    return stdout
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string }
    throw new Error([message, stdout, stderr].join('\n'))
  }
}
