import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { defineTrust } from '../../src/cli/trust.ts'
import { formatAddress } from '../../src/core/address.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { startTestMesh, type TestMesh } from '../../src/testing/test-mesh.ts'
import { runCommand } from '../support/cli.ts'
import { temporaryDirectory } from '../support/directory.ts'

let mesh: TestMesh
let credentials: string

beforeEach(async () => {
  mesh = await startTestMesh()
  onTestFinished(() => mesh.close())
  credentials = await temporaryDirectory()
  await write('countersign/operator/alice')
})

async function write(path: string): Promise<Credential> {
  const credential = mesh.credential(path)
  await mkdir(join(credentials, path, '..'), { recursive: true })
  await writeFile(join(credentials, `${path}.pem`), credential.certificateChain)
  await writeFile(join(credentials, `${path}.key`), encodePrivateKey(credential.privateKey))
  await writeFile(join(credentials, 'bundle.pem'), credential.bundle)
  return credential
}

const status = (...args: readonly string[]) =>
  runCommand(
    (program) => defineTrust(program.command('trust')),
    ['trust', 'status', ...args, '--operator', 'alice', '--credentials', credentials],
  )

async function serve(service: string): Promise<string> {
  const workload = await mesh.join(service)
  return formatAddress(await workload.createServer().listen('localhost:0'))
}

describe('trust status', () => {
  const authority = () => formatAddress(mesh.authority.address)

  test('of an authority shows what it publishes, and each verifier that is connected', async () => {
    const orders = mesh.credential('orders')
    await mesh.join(orders)
    await mesh.join('inventory')
    await mesh.revoke({ subject: 'user:alice' })
    const { exitCode, out } = await status('--address', authority(), '--json')
    expect(exitCode).toBe(0)
    const told = JSON.parse(out)
    expect(told).toMatchObject({ keys: 1, entries: 1, readAt: new Date(mesh.clock()).toISOString() })
    expect(told.verifiers).toHaveLength(2)
    for (const verifier of told.verifiers) expect(verifier).toMatchObject({ revision: told.revision, lagMs: 0 })
    expect(told.verifiers.map(({ service }: { service: string }) => service).sort()).toEqual([
      'spiffe://shop.internal/inventory',
      'spiffe://shop.internal/orders',
    ])

    const { out: lines } = await status('--address', authority())
    expect(lines).toContain(`Revision ${told.revision}, read at`)
    expect(lines).toContain('1 key, 1 revocation. 2 verifiers:')
    expect(lines).toMatch(/^orders {2,}[0-9a-f]+ {2,}\d+\.\d+ {2,}0 ms {2,}\d{4}-/m)
  })

  test('of a service shows its state, also when that is dead and nothing else is answered', async () => {
    const address = await serve('orders')
    const { out } = await status('orders', '--address', address, '--json')
    expect(JSON.parse(out)).toMatchObject({ state: 'fresh', ageMs: expect.any(Number), keys: 1, entries: 0 })
    expect((await status('orders', '--address', address)).out).toMatch(
      /^orders is fresh: .*\nRevision \d+\.\d+: 1 key,/,
    )

    await mesh.authority.close()
    mesh.clock.advance(60_000)
    expect(JSON.parse((await status('orders', '--address', address, '--json')).out)).toMatchObject({ state: 'stale' })
    mesh.clock.advance(300_000)
    const dead = await status('orders', '--address', address)
    expect(dead.exitCode).toBe(0)
    expect(dead.out).toContain('orders is dead: no authority was heard for too long: it refuses calls.')
    expect(dead.out).toContain('Vouched for 360.')
  })

  test('is refused to whoever is no operator, and says what answered in the place of a service', async () => {
    const address = await serve('orders')
    const refusal = async (...args: readonly string[]) => {
      const { exitCode, err } = await status(...args, '--json')
      expect(exitCode).toBe(1)
      return JSON.parse(err).error
    }
    expect(await refusal('inventory', '--address', address)).toMatchObject({
      code: 'AUTHORITY_UNAVAILABLE',
      message: expect.stringContaining('is spiffe://shop.internal/orders instead of'),
    })
    expect((await refusal('orders', '--address', 'localhost:1')).code).toBe('AUTHORITY_UNAVAILABLE')
    expect((await refusal('a//b', '--address', address)).code).toBe('REQUEST_INVALID')
    const other = await runCommand(
      (program) => defineTrust(program.command('trust')),
      ['trust', 'status', '--address', authority(), '--operator', 'bob', '--credentials', credentials, '--json'],
    )
    expect(JSON.parse(other.err).error.code).toBe('CONFIGURATION_INVALID')
  })
})
