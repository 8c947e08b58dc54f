import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { defineAccess } from '../../src/cli/access.ts'
import { runCommand } from '../support/cli.ts'
import { temporaryDirectory } from '../support/directory.ts'

function manifest(...args: string[]) {
  return runCommand((program) => defineAccess(program.command('access')), ['access', 'manifest', ...args])
}

const BILLING = `
syntax = "proto3";
package billing.v1;
import "countersign/v1/access.proto";
import "billing/v1/invoice.proto";
service Invoices {
  option (countersign.v1.default_access) = { scopes: "invoices.write" scopes: "invoices.read" callers: ["web", "batch/*"] };
  rpc Send(Invoice) returns (Invoice);
  rpc Watch(Invoice) returns (stream Invoice) {
    option (countersign.v1.access) = { authentication: CERTIFICATE callers: "*" };
  }
}
service Archive {
  rpc Find(Invoice) returns (Invoice) { option (countersign.v1.access) = { scopes: "archive.read" }; }
  rpc Keep(Invoice) returns (Invoice) { option (countersign.v1.access) = { dangerously_any_caller: true }; }
}`

const INVOICE = `
syntax = "proto3";
package billing.v1;
message Invoice {}
service Unruled { rpc First(Invoice) returns (Invoice); rpc Second(Invoice) returns (Invoice); }`

/** A folder with protos by their names. */
async function protos(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await temporaryDirectory()
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), text)
  }
  return directory
}

const FILES = { 'billing/v1/billing.proto': BILLING, 'billing/v1/invoice.proto': INVOICE }

describe('access manifest', () => {
  test('prints the rules of all methods of a file: whole, sorted, a method a line', async () => {
    const directory = await protos(FILES)
    expect(await manifest('billing/v1/billing.proto', '--include', directory)).toEqual({
      exitCode: 0,
      err: '',
      out: `{
  "/billing.v1.Archive/Find": { "authentication": "TOKEN", "scopes": [ "archive.read" ], "callers": "ANY", "dangerouslyAnyCaller": false },
  "/billing.v1.Archive/Keep": { "authentication": "TOKEN", "scopes": [], "callers": "ANY", "dangerouslyAnyCaller": true },
  "/billing.v1.Invoices/Send": { "authentication": "TOKEN", "scopes": [ "invoices.read", "invoices.write" ], "callers": [ "batch/*", "web" ], "dangerouslyAnyCaller": false },
  "/billing.v1.Invoices/Watch": { "authentication": "CERTIFICATE", "scopes": [], "callers": [ "*" ], "dangerouslyAnyCaller": false }
}
`,
    })
  })

  test('prints the same in one line with --json', async () => {
    const directory = await protos(FILES)
    const [lines, line] = await Promise.all([
      manifest('billing/v1/billing.proto', '--include', directory),
      manifest('billing/v1/billing.proto', '--include', directory, '--json'),
    ])
    expect(line.out).toMatch(/^\{[^\n]*\}\n$/)
    expect(JSON.parse(line.out)).toEqual(JSON.parse(lines.out))
    expect(Object.keys(JSON.parse(line.out))).toHaveLength(4)
  })

  test('prints the same for the order of files and rules turned round', async () => {
    const other = BILLING.replaceAll('billing.v1', 'other.v1').replace('package other', 'package aaa')
    const directory = await protos({ ...FILES, 'a.proto': other.replaceAll('(Invoice)', '(billing.v1.Invoice)') })
    const turned = await manifest('billing/v1/billing.proto', 'a.proto', '--include', directory)
    expect(turned).toMatchObject({ exitCode: 0, err: '' })
    expect(await manifest('a.proto', 'billing/v1/billing.proto', '--include', directory)).toEqual(turned)
    const reordered = BILLING.replace(
      '"invoices.write" scopes: "invoices.read"',
      '"invoices.read" scopes: "invoices.write"',
    )
    const same = await protos({ ...FILES, 'billing/v1/billing.proto': reordered })
    expect(await manifest('billing/v1/billing.proto', '--include', same)).toEqual(
      await manifest('billing/v1/billing.proto', '--include', directory),
    )
  })

  test('finds files from the working directory, and imports there and in each folder that is included', async () => {
    const [directory, other] = [
      await protos(FILES),
      await protos({ 'b.proto': 'syntax = "proto3"; import "c.proto";' }),
    ]
    await writeFile(join(directory, 'c.proto'), 'syntax = "proto3"; import "billing/v1/billing.proto";')
    expect(await manifest(join(directory, 'billing/v1/billing.proto'), '--include', directory)).toMatchObject({
      err: '',
    })
    expect(await manifest('b.proto', '--include', other, '--include', directory)).toMatchObject({
      err: '',
      out: '{\n}\n',
    })

    const main = join(import.meta.dirname, '../../src/cli/main.ts')
    const args = ['--conditions=source', main, 'access', 'manifest', 'v1/billing.proto', '--include', '..']
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: join(directory, 'billing'),
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(Object.keys(JSON.parse(stdout))).toHaveLength(4)
  })

  test('is refused for methods without a rule, naming every one', async () => {
    const directory = await protos(FILES)
    const { exitCode, out, err } = await manifest(...Object.keys(FILES), '--include', directory, '--json')
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    const { code, message } = JSON.parse(err).error
    expect(code).toBe('METHOD_NOT_DECLARED')
    expect(message).toContain('No access rule for /billing.v1.Unruled/First, /billing.v1.Unruled/Second.')
  })

  test('is refused with every problem of every file at once', async () => {
    const bad = BILLING.replace('callers: "*"', 'caller: "*"').replace('{ dangerously_any_caller: true }', '{}')
    const directory = await protos({ ...FILES, 'billing/v1/billing.proto': bad })
    const { exitCode, out, err } = await manifest('nowhere.proto', 'billing/v1/billing.proto', '--include', directory)
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    for (const problem of [
      'nowhere.proto: not found',
      'Invoices/Watch: "caller" is not',
      'Archive/Keep: a rule with',
    ]) {
      expect(err).toContain(problem)
    }
  })

  test.each([
    [['--help'], 0],
    [[], 2],
    [['a.proto', '--include'], 2],
    [['a.proto', '--unknown'], 2],
  ] as const)('with %j ends with %i', async (args, exitCode) => {
    expect(await manifest(...args)).toMatchObject({ exitCode })
  })
})
