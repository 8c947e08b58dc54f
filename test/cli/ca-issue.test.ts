import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadCredential } from '../../src/identity/credential-files.ts'
import { parseServicePath } from '../../src/identity/service-id.ts'
import { caFilesIn, countersign, initCa, refused, told } from '../support/ca-command.ts'
import { temporaryDirectory } from '../support/directory.ts'

const orders = parseServicePath('orders')

async function layFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, '')
}

describe('ca issue', () => {
  test('writes a credential that loads, its key for its owner alone', async () => {
    const { dir, out } = await initCa()
    const names = ['--dns', 'localhost', '--dns', 'orders']
    const issued = await countersign('ca', 'issue', 'orders', ...names, '--dir', dir, '--out', out)
    const credential = await loadCredential(out, orders)

    expect(issued).toMatchObject({ exitCode: 0, err: '' })
    expect(issued.out).toMatch(/^Issued spiffe:\/\/shop\.internal\/orders, valid to /)
    expect(credential.serviceId).toBe('spiffe://shop.internal/orders')
    expect((await readdir(out)).sort()).toEqual(['bundle.pem', 'orders.key', 'orders.pem'])
    expect((await stat(join(out, 'orders.key'))).mode & 0o777).toBe(0o600)
    expect((await stat(out)).mode & 0o777).toBe(0o700)
    expect(await readFile(join(out, 'bundle.pem'), 'utf8')).toBe(await readFile(join(dir, 'bundle.pem'), 'utf8'))
  })

  test('writes one JSON object with --json, and no key', async () => {
    const { dir, out } = await initCa()
    const issued = await told('ca', 'issue', 'billing/invoices', '--dir', dir, '--out', out)
    expect(issued).toEqual({
      serviceId: 'spiffe://shop.internal/billing/invoices',
      serialNumber: expect.stringMatching(/^[0-9a-f]{32}$/),
      notBefore: expect.stringMatching(/Z$/),
      notAfter: expect.stringMatching(/Z$/),
      files: {
        certificateChain: join(out, 'billing', 'invoices.pem'),
        privateKey: join(out, 'billing', 'invoices.key'),
        bundle: join(out, 'bundle.pem'),
      },
    })
    expect((await loadCredential(out, parseServicePath('billing/invoices'))).serviceId).toContain('/billing/invoices')
  })

  test('takes a whole service ID too', async () => {
    const { dir, out } = await initCa()
    const { serviceId } = await told('ca', 'issue', 'spiffe://shop.internal/orders', '--dir', dir, '--out', out)
    expect(serviceId).toBe('spiffe://shop.internal/orders')
  })

  test('replaces a former credential', async () => {
    const { dir, out } = await initCa()
    await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    const former = await loadCredential(out, orders)
    await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    expect((await loadCredential(out, orders)).thumbprint).not.toBe(former.thumbprint)
  })

  test('certifies operators under a reserved path, when told to', async () => {
    const { dir, out } = await initCa()
    const path = 'countersign/operator/alice'
    const { serviceId } = await told('ca', 'issue', path, '--reserved', '--dir', dir, '--out', out)
    expect(serviceId).toBe(`spiffe://shop.internal/${path}`)
  })

  const wrong: [title: string, args: string[]][] = [
    ['the path of the authority', ['countersign/authority']],
    ['the path of the authority, also when told to', ['countersign/authority', '--reserved']],
    ['the path of an operator', ['countersign/operator/alice']],
    ['another reserved path, when told to', ['countersign/anything', '--reserved']],
    ['what is below an operator, when told to', ['countersign/operator/alice/bob', '--reserved']],
    ['the root of what is reserved', ['countersign']],
    ['a path that is not reserved, when told that it is', ['orders', '--reserved']],
    ['the name of the bundle', ['bundle']],
    ['the name of a bundle further below', ['billing/bundle']],
    ['a name that is too long for a file', ['a'.repeat(300)]],
    ['a name by one longer than files take', ['a'.repeat(221)]],
    ['such a name of a directory', [`${'a'.repeat(221)}/orders`]],
    ['a path that leaves the directory', ['../orders']],
    ['a path with such a segment', ['orders/../inventory']],
    ['an absolute path', ['/orders']],
    ['an empty path', ['']],
    ['a path with a percent sign', ['orders%2fadmin']],
    ['a path with NUL', ['orders\0']],
    ['a path with a comma', ['orders,inventory']],
    ['a path with a wildcard', ['orders/*']],
    ['a service of another trust domain', ['spiffe://elsewhere.internal/orders']],
    ['an ID of another scheme', ['https://shop.internal/orders']],
    ['the ID of the trust domain itself', ['spiffe://shop.internal']],
    ['a wildcard as a host', ['orders', '--dns', '*.internal']],
    ['a host with NUL', ['orders', '--dns', 'orders.internal\0.example']],
    ['an IP address', ['orders', '--dns', 'localhost', '--dns', '127.0.0.1']],
    ['a host that the profiles do not give it', ['orders', '--dns', 'www.example.com']],
    ['the host of another service', ['orders', '--dns', 'inventory.shop.internal']],
  ]
  for (const [title, args] of wrong) {
    test(`is refused for ${title}, and records nothing`, async () => {
      const { dir, out } = await initCa()
      await refused('REQUEST_INVALID', 'ca', 'issue', ...args, '--dir', dir, '--out', out)
      expect(existsSync(out)).toBe(false)
      expect((await told('ca', 'list', '--dir', dir)).certificates).toEqual([])
    })
  }

  test('is refused where there is no CA', async () => {
    const directory = await temporaryDirectory()
    const out = join(directory, 'out')
    const message = await refused('CONFIGURATION_INVALID', 'ca', 'issue', 'orders', '--dir', directory, '--out', out)
    expect(message).toContain('ca init')
    expect(await readdir(directory)).toEqual([])
  })

  test("never writes among the CA's own files", async () => {
    const { dir } = await initCa()
    const before = await caFilesIn(dir)
    await symlink(dir, `${dir}-link`)
    for (const [service, out] of [
      ['root', dir],
      ['orders', dir],
      ['pki/root', join(dir, '..')],
      ['root', `${dir}-link`],
      ['billing/invoices', dir],
      ['billing/invoices', `${dir}-link`],
    ] as const) {
      await refused('CONFIGURATION_INVALID', 'ca', 'issue', service, '--dir', dir, '--out', out)
    }
    expect(await caFilesIn(dir)).toEqual(before)
  })

  test('never writes among the files of another CA, nor of an authority', async () => {
    const { dir } = await initCa()
    const other = await initCa()
    const authority = join(await temporaryDirectory(), 'authority-b')
    const unencrypted = '--dangerously-unencrypted'
    await told('ca', 'intermediate', 'authority-b', unencrypted, '--dir', other.dir, '--out', authority)
    for (const directory of [other.dir, authority]) {
      const before = await caFilesIn(directory)
      const bundle = await readFile(join(directory, 'bundle.pem'))
      for (const [service, out] of [
        ['orders', directory],
        ['billing/invoices', directory],
        [`${basename(directory)}/orders`, dirname(directory)],
      ] as const) {
        await refused('CONFIGURATION_INVALID', 'ca', 'issue', service, '--dir', dir, '--out', out)
      }
      expect(await caFilesIn(directory)).toEqual(before)
      expect(await readFile(join(directory, 'bundle.pem'))).toEqual(bundle)
    }
    expect((await told('ca', 'list', '--dir', dir)).certificates).toEqual([])
  })

  const inTheWay: [title: string, service: string, lay: (out: string) => Promise<unknown>][] = [
    ['a file is the directory', 'orders', (out) => writeFile(out, '')],
    ['a file is the directory of the service', 'a/b/c', (out) => writeFile(out, '')],
    ['a file is one of the directories between', 'a/b/c', (out) => layFile(join(out, 'a'))],
    ['a directory is the chain', 'orders', (out) => mkdir(join(out, 'orders.pem'), { recursive: true })],
    ['a directory is the key', 'orders', (out) => mkdir(join(out, 'orders.key'), { recursive: true })],
    ['a directory is the bundle', 'orders', (out) => mkdir(join(out, 'bundle.pem'), { recursive: true })],
    ['a link is the directory, and leads nowhere', 'orders', (out) => symlink(`${out}-nowhere`, out)],
  ]
  for (const [title, service, lay] of inTheWay) {
    test(`is refused where ${title}, and records nothing`, async () => {
      const { dir, out } = await initCa()
      await lay(out)
      const before = await readdir(dirname(dir), { recursive: true })
      const message = await refused('CONFIGURATION_INVALID', 'ca', 'issue', service, '--dir', dir, '--out', out)
      expect(message).toContain(out)
      expect(await readdir(dirname(dir), { recursive: true })).toEqual(before)
      expect((await told('ca', 'list', '--dir', dir)).certificates).toEqual([])
    })
  }

  test('is refused where the path is too long for a file, and records nothing', async () => {
    const { dir, out } = await initCa()
    for (const long of [join(out, 'a'.repeat(300)), join(out, ...Array.from({ length: 500 }, () => 'directory'))]) {
      await refused('CONFIGURATION_INVALID', 'ca', 'issue', 'orders', '--dir', dir, '--out', long)
    }
    expect(existsSync(out)).toBe(false)
    expect((await told('ca', 'list', '--dir', dir)).certificates).toEqual([])
  })

  test('takes as long a name as files can have', async () => {
    const { dir, out } = await initCa()
    const name = 'a'.repeat(220)
    await told('ca', 'issue', `${name}/${name}`, '--dir', dir, '--out', out)
    expect((await readdir(join(out, name))).sort()).toEqual([`${name}.key`, `${name}.pem`])
  })
})
