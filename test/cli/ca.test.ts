import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { countersign } from '../support/ca-command.ts'
import { temporaryDirectory } from '../support/directory.ts'

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

  const groups = ['', 'ca', 'ca rotate', 'ca rotate prepare', 'ca rotate activate', 'ca rotate retire', 'revoke']
  const commands = [
    'ca init',
    'ca issue',
    'ca sign',
    'ca renew',
    'ca list',
    'ca inspect',
    'ca crl',
    'ca intermediate',
    'ca import',
    'ca distrust',
    ...['prepare', 'activate', 'retire'].flatMap((step) => [
      `ca rotate ${step} root`,
      `ca rotate ${step} intermediate`,
    ]),
    'revoke certificate',
    'revoke service',
  ]
  for (const command of [...groups, ...commands]) {
    const args = [...command.split(' ').filter((word) => word !== ''), '--help']
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
