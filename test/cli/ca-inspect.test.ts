import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { defineCa } from '../../src/cli/ca.ts'
import { systemClock } from '../../src/core/clock.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'
import { runCommand } from '../support/cli.ts'
import { temporaryDirectory } from '../support/directory.ts'

const ca = createTestCa()

function inspect(...args: string[]) {
  return runCommand((program) => defineCa(program.command('ca')), ['ca', 'inspect', ...args])
}

async function fileOf(text: string): Promise<string> {
  const file = join(await temporaryDirectory(), 'file.pem')
  await writeFile(file, text)
  return file
}

describe('ca inspect', () => {
  test('tells what is in a file, and ends with 0 where nothing is wrong', async () => {
    const { certificateChain } = ca.credential('orders', { notAfter: systemClock() + 5.5 * 3_600_000 })
    const { exitCode, out, err } = await inspect(await fileOf(certificateChain))
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).toMatch(
      /^Block 1 is the certificate of a service\.\n {2}service ID: spiffe:\/\/shop\.internal\/orders\n/,
    )
    expect(out).toMatch(/^ {2}host names: localhost$/m)
    expect(out).toMatch(/^ {2}valid: for 5 hours more$/m)
    expect(out).toMatch(/^Block 2 is the certificate of an intermediate\.$/m)
  })

  test('tells what is wrong, and ends with 1', async () => {
    const file = await fileOf(ca.credential('orders', { notAfter: systemClock() - 10_800_000 }).certificateChain)
    const { exitCode, out, err } = await inspect(file)
    expect(exitCode).toBe(1)
    expect(out).toMatch(/^ {2}PROBLEM: it expired \d+ \w+ ago$/m)
    expect(err).toBe(`error: ${file}: a problem was found.\n`)
  })

  test('warns of a key that is not encrypted, and does not show it', async () => {
    const key = encodePrivateKey(ca.credential('orders').privateKey)
    const { exitCode, out, err } = await inspect(await fileOf(key))
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).toMatch(/^ {2}WARNING: it is not encrypted/m)
    expect(out).not.toContain(key.split('\n')[1])
  })

  test('writes one JSON object with --json, whatever is wrong', async () => {
    const { certificateChain } = ca.credential('orders')
    const file = await fileOf(`${certificateChain}garbage`)
    const { exitCode, out, err } = await inspect(file, '--json')
    expect(exitCode).toBe(1)
    expect(JSON.parse(out)).toEqual({
      file,
      inspections: [
        expect.objectContaining({ block: 1, kind: 'service-certificate', problems: [], warnings: [] }),
        expect.objectContaining({ block: 2, kind: 'intermediate', problems: [], warnings: [] }),
        { block: 3, kind: 'unknown', facts: {}, problems: [expect.stringContaining('text follows')], warnings: [] },
      ],
    })
    expect(JSON.parse(err)).toHaveProperty('error.code', 'CONFIGURATION_INVALID')
  })

  test('refuses what it cannot read, and what holds nothing', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'inner'))
    const files: [file: string, code: string][] = [
      [join(directory, 'missing.pem'), 'CONFIGURATION_INVALID'],
      [join(directory, 'inner'), 'CONFIGURATION_INVALID'],
      [await fileOf(''), 'REQUEST_INVALID'],
      [await fileOf('x'.repeat(2 * 1024 * 1024)), 'REQUEST_INVALID'],
    ]
    for (const [file, code] of files) {
      const { exitCode, out, err } = await inspect(file, '--json')
      expect({ exitCode, out }, file).toEqual({ exitCode: 1, out: '' })
      expect(JSON.parse(err), file).toHaveProperty('error.code', code)
    }
  })

  test('says in its help how it ends', async () => {
    const { exitCode, out } = await inspect('--help')
    expect(exitCode).toBe(0)
    expect(out).toMatch(/Ends with 0 where nothing is wrong, and with 1 otherwise/)
  })

  test('needs one file', async () => {
    for (const args of [[], ['a', 'b']]) expect(await inspect(...args)).toMatchObject({ exitCode: 2, out: '' })
  })
})
