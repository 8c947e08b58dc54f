import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { defineCa } from '../../src/cli/ca.ts'
import { loadCredential } from '../../src/identity/credential-files.ts'
import { parseServicePath } from '../../src/identity/service-id.ts'
import { runCommand } from '../support/cli.ts'
import { temporaryDirectory } from '../support/directory.ts'

const orders = parseServicePath('orders')

function countersign(...args: string[]) {
  return runCommand((program) => defineCa(program.command('ca')), args)
}

async function makeCa() {
  const directory = await temporaryDirectory()
  const dir = join(directory, 'pki')
  const init = await countersign(
    'ca',
    'init',
    '--trust-domain',
    'shop.internal',
    '--dir',
    dir,
    '--dangerously-unencrypted',
  )
  expect(init).toMatchObject({ exitCode: 0, err: '' })
  return { dir, out: join(directory, 'credentials') }
}

describe('ca init', () => {
  test('makes a CA and says where', async () => {
    const dir = await temporaryDirectory()
    const args = ['--trust-domain', 'shop.internal', '--dir', dir, '--dangerously-unencrypted']
    const { exitCode, out } = await countersign('ca', 'init', ...args)
    expect(exitCode).toBe(0)
    expect(out).toContain(`Made the CA of shop.internal in ${dir}.`)
    expect(out).toContain('not encrypted')
  })

  test('writes one JSON object with --json', async () => {
    const dir = await temporaryDirectory()
    const args = ['--trust-domain', 'shop.internal', '--dir', dir, '--dangerously-unencrypted', '--json']
    const { exitCode, out, err } = await countersign('ca', 'init', ...args)
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(JSON.parse(out)).toEqual({
      trustDomain: 'shop.internal',
      files: {
        root: join(dir, 'root.pem'),
        rootKey: join(dir, 'root.key'),
        intermediate: join(dir, 'intermediate.pem'),
        intermediateKey: join(dir, 'intermediate.key'),
      },
    })
  })

  test('is refused without the dangerous word, and tells it', async () => {
    const dir = join(await temporaryDirectory(), 'pki')
    const { exitCode, out, err } = await countersign('ca', 'init', '--trust-domain', 'shop.internal', '--dir', dir)
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    expect(err).toMatch(/^error: .*--dangerously-unencrypted/)
    expect(existsSync(dir)).toBe(false)
  })

  test('is refused where a CA is', async () => {
    const { dir } = await makeCa()
    const args = ['--trust-domain', 'shop.internal', '--dir', dir, '--dangerously-unencrypted', '--json']
    const { exitCode, out, err } = await countersign('ca', 'init', ...args)
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    expect(JSON.parse(err)).toEqual({
      error: { code: 'CONFIGURATION_INVALID', message: expect.stringContaining('never overwritten') },
    })
  })

  test('is refused for what is not a trust domain', async () => {
    const dir = join(await temporaryDirectory(), 'pki')
    const args = ['--trust-domain', 'Shop', '--dir', dir, '--dangerously-unencrypted', '--json']
    const { exitCode, err } = await countersign('ca', 'init', ...args)
    expect(exitCode).toBe(1)
    expect(JSON.parse(err)).toHaveProperty('error.code', 'REQUEST_INVALID')
    expect(existsSync(dir)).toBe(false)
  })
})

describe('ca issue', () => {
  test('writes a credential that loads, its key for its owner alone', async () => {
    const { dir, out } = await makeCa()
    const issued = await countersign(
      'ca',
      'issue',
      'orders',
      '--dns',
      'localhost',
      '--dns',
      'orders',
      '--dir',
      dir,
      '--out',
      out,
    )
    const credential = await loadCredential(out, orders)

    expect(issued).toMatchObject({ exitCode: 0, err: '' })
    expect(issued.out).toMatch(/^Issued spiffe:\/\/shop\.internal\/orders, valid to /)
    expect(credential.serviceId).toBe('spiffe://shop.internal/orders')
    expect((await readdir(out)).sort()).toEqual(['bundle.pem', 'orders.key', 'orders.pem'])
    expect((await stat(join(out, 'orders.key'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(out, 'bundle.pem'), 'utf8')).toBe(await readFile(join(dir, 'root.pem'), 'utf8'))
  })

  test('writes one JSON object with --json, and no key', async () => {
    const { dir, out } = await makeCa()
    const issued = await countersign('ca', 'issue', 'billing/invoices', '--dir', dir, '--out', out, '--json')
    expect(issued).toMatchObject({ exitCode: 0, err: '' })
    expect(JSON.parse(issued.out)).toEqual({
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
    expect(issued.out).not.toContain('PRIVATE KEY')
    expect((await loadCredential(out, parseServicePath('billing/invoices'))).serviceId).toContain('/billing/invoices')
  })

  test('replaces a former credential', async () => {
    const { dir, out } = await makeCa()
    await countersign('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    const former = await loadCredential(out, orders)
    await countersign('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    expect((await loadCredential(out, orders)).thumbprint).not.toBe(former.thumbprint)
  })

  const refused: [title: string, args: string[], code: string][] = [
    ['a reserved path', ['countersign/authority'], 'REQUEST_INVALID'],
    ['a path of an operator', ['countersign/operator/alice'], 'REQUEST_INVALID'],
    ['the root of what is reserved', ['countersign'], 'REQUEST_INVALID'],
    ['the name of the bundle', ['bundle'], 'REQUEST_INVALID'],
    ['a path that leaves the directory', ['../orders'], 'REQUEST_INVALID'],
    ['an absolute path', ['/orders'], 'REQUEST_INVALID'],
    ['an empty path', [''], 'REQUEST_INVALID'],
    ['a wildcard', ['orders', '--dns', '*.internal'], 'REQUEST_INVALID'],
    ['an IP address', ['orders', '--dns', 'localhost', '--dns', '127.0.0.1'], 'REQUEST_INVALID'],
  ]
  for (const [title, args, code] of refused) {
    test(`is refused for ${title}`, async () => {
      const { dir, out } = await makeCa()
      const issued = await countersign('ca', 'issue', ...args, '--dir', dir, '--out', out, '--json')
      expect(issued).toMatchObject({ exitCode: 1, out: '' })
      expect(JSON.parse(issued.err)).toHaveProperty('error.code', code)
      expect(existsSync(out)).toBe(false)
    })
  }

  test('is refused where there is no CA', async () => {
    const directory = await temporaryDirectory()
    const issued = await countersign('ca', 'issue', 'orders', '--dir', directory, '--out', directory)
    expect(issued).toMatchObject({ exitCode: 1, out: '' })
    expect(issued.err).toMatch(/^error: There is no CA in .*ca init/)
  })

  test("never writes among the CA's own files", async () => {
    const { dir } = await makeCa()
    const root = await readFile(join(dir, 'root.pem'), 'utf8')
    await symlink(dir, `${dir}-link`)
    for (const [service, out] of [
      ['root', dir],
      ['orders', dir],
      ['pki/root', join(dir, '..')],
      ['root', `${dir}-link`],
    ] as const) {
      const issued = await countersign('ca', 'issue', service, '--dir', dir, '--out', out)
      expect(issued).toMatchObject({ exitCode: 1, out: '' })
    }
    expect(await readFile(join(dir, 'root.pem'), 'utf8')).toBe(root)
    expect(await readdir(dir)).toHaveLength(4)
  })

  test('is refused where the files cannot be written', async () => {
    const { dir, out } = await makeCa()
    await writeFile(out, 'a file in the way')
    const issued = await countersign('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    expect(issued).toMatchObject({ exitCode: 1, out: '' })
    expect(issued.err).toContain(out)
  })
})

describe('usage', () => {
  const wrong: [title: string, args: string[]][] = [
    ['no command', []],
    ['a group without its command', ['ca']],
    ['an unknown command', ['mint']],
    ['an unknown command of a group', ['ca', 'mint']],
    ['an unknown option', ['ca', 'init', '--force']],
    ['a missing option', ['ca', 'init']],
    ['an option without its value', ['ca', 'init', '--trust-domain']],
    ['a missing argument', ['ca', 'issue', '--out', 'x']],
    ['an argument too many', ['ca', 'issue', 'a', 'b', '--out', 'x']],
    ['no place to write to', ['ca', 'issue', 'orders']],
  ]
  for (const [title, args] of wrong) {
    test(`${title} ends with 2 and says something on standard error alone`, async () => {
      const { exitCode, out, err } = await countersign(...args)
      expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
      expect(err).toMatch(/^(error: [^e]|Usage: )/)
    })
  }

  test('with --json, wrong usage is an object too', async () => {
    const { exitCode, err } = await countersign('ca', 'init', '--json')
    expect(exitCode).toBe(2)
    expect(JSON.parse(err)).toEqual({ error: { code: 'USAGE', message: expect.stringContaining('--trust-domain') } })
  })

  for (const args of [['--help'], ['ca', '--help'], ['ca', 'init', '--help'], ['ca', 'issue', '--help']]) {
    test(`${args.join(' ')} ends with 0 and writes to standard output`, async () => {
      const { exitCode, out, err } = await countersign(...args)
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
      expect(out).toMatch(/^Usage: countersign/)
    })
  }
})

describe('as a process', () => {
  const programs: [file: string, before: string[]][] = [
    ['src/cli/main.ts', ['ca']],
    ['scripts/ca.ts', []],
  ]
  for (const [file, before] of programs) {
    test(`${file} makes a CA, and ends with 1 the second time`, async () => {
      const dir = await temporaryDirectory()
      const args = [
        ...before,
        'init',
        '--trust-domain',
        'shop.internal',
        '--dir',
        dir,
        '--dangerously-unencrypted',
        '--json',
      ]
      const program = join(import.meta.dirname, '..', '..', file)
      const start = () => spawnSync(process.execPath, ['--conditions=source', program, ...args], { encoding: 'utf8' })
      const [first, second] = [start(), start()]
      expect(first).toMatchObject({ status: 0, stderr: '' })
      expect(JSON.parse(first.stdout)).toHaveProperty('trustDomain', 'shop.internal')
      expect(second).toMatchObject({ status: 1, stdout: '' })
      expect(JSON.parse(second.stderr)).toHaveProperty('error.code', 'CONFIGURATION_INVALID')
    })
  }
})
