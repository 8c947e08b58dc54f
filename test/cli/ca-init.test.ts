import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { caFilesIn, countersign, initCa, refused, told } from '../support/ca-command.ts'
import { temporaryDirectory } from '../support/directory.ts'

const PASSPHRASE = 'correct horse battery staple'
const init = ['ca', 'init', '--trust-domain', 'shop.internal']
const FILES = ['bundle.pem', 'ca.db', 'intermediate-x.key', 'profiles.yaml', 'root-x.key']

afterEach(() => void vi.unstubAllEnvs())

async function passphraseFile(text = `${PASSPHRASE}\n`): Promise<string> {
  const file = join(await temporaryDirectory(), 'ca.pass')
  await writeFile(file, text)
  return file
}

async function keysIn(dir: string): Promise<readonly string[]> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.key'))
  return Promise.all(files.map((file) => readFile(join(dir, file), 'utf8')))
}

describe('ca init', () => {
  test('makes a CA whose keys are encrypted, and says where', async () => {
    const dir = join(await temporaryDirectory(), 'pki')
    const { exitCode, out, err } = await countersign(...init, '--dir', dir, '--passphrase-file', await passphraseFile())
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).toContain(`Made the CA of shop.internal in ${dir}.`)
    expect(await caFilesIn(dir)).toEqual(FILES)
    for (const key of await keysIn(dir)) expect(key).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/)
  })

  test('reads the passphrase once, as it may come through a pipe, and so do the commands after it', async () => {
    const directory = await temporaryDirectory()
    const dir = join(directory, 'pki')
    const pipe = join(directory, 'pipe')
    await promisify(execFile)('mkfifo', [pipe])
    for (const command of [
      init,
      ['ca', 'issue', 'orders', '--out', join(directory, 'out')],
      ['ca', 'rotate', 'prepare', 'intermediate'],
    ]) {
      await Promise.all([writeFile(pipe, `${PASSPHRASE}\n`), told(...command, '--dir', dir, '--passphrase-file', pipe)])
    }
  })

  test('takes the passphrase from the environment too', async () => {
    vi.stubEnv('COUNTERSIGN_CA_PASSPHRASE', PASSPHRASE)
    const directory = await temporaryDirectory()
    const [dir, out] = [join(directory, 'pki'), join(directory, 'out')]
    await told(...init, '--dir', dir)
    for (const key of await keysIn(dir)) expect(key).toContain('ENCRYPTED')
    await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    vi.stubEnv('COUNTERSIGN_CA_PASSPHRASE', 'another passphrase, as long')
    const message = await refused('CONFIGURATION_INVALID', 'ca', 'issue', 'orders', '--dir', dir, '--out', out)
    expect(message).not.toContain('another passphrase')
    vi.stubEnv('COUNTERSIGN_CA_PASSPHRASE', '')
    const without = await refused('CONFIGURATION_INVALID', 'ca', 'issue', 'orders', '--dir', dir, '--out', out)
    for (const way of ['--passphrase-file', 'caPassphraseFile', 'COUNTERSIGN_CA_PASSPHRASE']) {
      expect(without).toContain(way)
    }
  })

  test('writes one JSON object with --json', async () => {
    const dir = await temporaryDirectory()
    const made = await told(...init, '--dir', dir, '--dangerously-unencrypted')
    expect(made).toEqual({
      trustDomain: 'shop.internal',
      authorities: [expect.stringMatching(/^root-/), expect.stringMatching(/^intermediate-/)],
      files: {
        bundle: join(dir, 'bundle.pem'),
        keys: [expect.stringMatching(/root-[0-9a-f]{16}\.key$/), expect.stringMatching(/intermediate-.*\.key$/)],
        requests: [],
        profiles: join(dir, 'profiles.yaml'),
        store: join(dir, 'ca.db'),
      },
    })
    for (const key of await keysIn(dir)) expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  })

  test('makes nothing where it was not decided how keys lie on disk, and tells how to', async () => {
    const dir = join(await temporaryDirectory(), 'pki')
    const message = await refused('CONFIGURATION_INVALID', ...init, '--dir', dir)
    expect(message).toMatch(/--passphrase-file.*COUNTERSIGN_CA_PASSPHRASE.*--dangerously-unencrypted/)
    expect(existsSync(dir)).toBe(false)
  })

  test('does not choose between a passphrase and none', async () => {
    const dir = join(await temporaryDirectory(), 'pki')
    const both = ['--passphrase-file', await passphraseFile(), '--dangerously-unencrypted']
    await refused('CONFIGURATION_INVALID', ...init, '--dir', dir, ...both)
    vi.stubEnv('COUNTERSIGN_CA_PASSPHRASE', PASSPHRASE)
    await refused('CONFIGURATION_INVALID', ...init, '--dir', dir, '--dangerously-unencrypted')
    expect(existsSync(dir)).toBe(false)
  })

  test('goes by one place: a directory, or a configuration', async () => {
    const { exitCode, err } = await countersign('ca', 'list', '--dir', 'pki', '--config', 'countersign.yaml')
    expect(exitCode).toBe(2)
    expect(err).toContain('cannot be used with')
  })

  test('is refused for another trust domain than the configuration has, and so is all else', async () => {
    const directory = await temporaryDirectory()
    const config = join(directory, 'countersign.yaml')
    const making = [...init, '--config', config, '--dangerously-unencrypted']
    await writeFile(config, 'ca: ./pki\ntrustDomain: elsewhere.internal\n')
    expect(await refused('CONFIGURATION_INVALID', ...making)).toContain('elsewhere.internal')
    expect(existsSync(join(directory, 'pki'))).toBe(false)

    await writeFile(config, 'ca: ./pki\n')
    await told(...making)
    await writeFile(config, 'ca: ./pki\ntrustDomain: elsewhere.internal\n')
    const out = join(directory, 'credentials')
    for (const command of [['list'], ['issue', 'orders', '--out', out]]) {
      const message = await refused('CONFIGURATION_INVALID', 'ca', ...command, '--config', config)
      expect(message).toContain('elsewhere.internal')
    }
    expect(existsSync(out)).toBe(false)
  })

  test('takes the passphrase from where the configuration says it is, and so does all else', async () => {
    const directory = await temporaryDirectory()
    const config = join(directory, 'countersign.yaml')
    await writeFile(config, `ca: ./pki\ncaPassphraseFile: ${await passphraseFile()}\n`)
    await told(...init, '--config', config)
    await told('ca', 'issue', 'orders', '--config', config, '--out', join(directory, 'credentials'))
    await told('ca', 'rotate', 'prepare', 'intermediate', '--config', config)
    const keys = await keysIn(join(directory, 'pki'))
    expect(keys).toHaveLength(3)
    for (const key of keys) expect(key).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/)
  })

  test('makes nothing with a passphrase that is none', async () => {
    const dir = join(await temporaryDirectory(), 'pki')
    for (const text of ['', '\n', 'too short', 'x'.repeat(2000), 'correct horse\0battery staple']) {
      const file = await passphraseFile(text)
      const message = await refused('CONFIGURATION_INVALID', ...init, '--dir', dir, '--passphrase-file', file)
      if (text.trim() !== '') expect(message).not.toContain(text.trim())
    }
    await refused('CONFIGURATION_INVALID', ...init, '--dir', dir, '--passphrase-file', join(dir, 'missing'))
    expect(existsSync(dir)).toBe(false)
  })

  test('is refused where a CA is', async () => {
    const { dir } = await initCa()
    const message = await refused('CONFIGURATION_INVALID', ...init, '--dir', dir, '--dangerously-unencrypted')
    expect(message).toContain('never overwritten')
    expect(await caFilesIn(dir)).toEqual(FILES)
  })

  test('is refused where the store that a configuration names holds a CA, and says which', async () => {
    const directory = await temporaryDirectory()
    const configOf = async (ca: string) => {
      const config = join(directory, `${ca}.yaml`)
      await writeFile(config, `ca: ./${ca}\nstore: sqlite:./records.db\n`)
      return config
    }
    const unencrypted = '--dangerously-unencrypted'
    await told(...init, '--config', await configOf('one'), unencrypted)
    for (const options of [[], ['--offline-root']]) {
      const args = [...init, '--config', await configOf('other'), unencrypted, ...options]
      expect(await refused('CONFIGURATION_INVALID', ...args)).toContain(`${join(directory, 'records.db')} is there`)
    }
    expect(await caFilesIn(join(directory, 'other'))).toEqual(['profiles.yaml'])
  })

  test('is refused for what is not a trust domain', async () => {
    const dir = join(await temporaryDirectory(), 'pki')
    for (const name of ['Shop', 'shop internal', 'spiffe://shop.internal', '', 'a/b', 'shop%2einternal', '*']) {
      await refused('REQUEST_INVALID', 'ca', 'init', '--trust-domain', name, '--dir', dir, '--dangerously-unencrypted')
    }
    expect(existsSync(dir)).toBe(false)
  })

  test('keeps the profiles that are there', async () => {
    const dir = await temporaryDirectory()
    const shipped = await readFile(new URL('../../pki/profiles.yaml', import.meta.url), 'utf8')
    const own = shipped.replace('lifetimeMinutes: 1440', 'lifetimeMinutes: 60')
    await writeFile(join(dir, 'profiles.yaml'), own)
    await told(...init, '--dir', dir, '--dangerously-unencrypted')
    expect(await readFile(join(dir, 'profiles.yaml'), 'utf8')).toBe(own)
    const { notBefore, notAfter } = await told('ca', 'issue', 'orders', '--dir', dir, '--out', join(dir, 'out'))
    expect(Date.parse(notAfter) - Date.parse(notBefore)).toBeLessThan(62 * 60_000)
  })

  test('keeps its records in the store that a configuration names', async () => {
    const directory = await temporaryDirectory()
    const config = join(directory, 'countersign.yaml')
    await writeFile(config, 'ca: ./pki\nstore: sqlite:./records.db\n')
    const made = await told(...init, '--config', config, '--dangerously-unencrypted')
    expect(made.files.store).toBe(join(directory, 'records.db'))
    expect(await caFilesIn(join(directory, 'pki'))).not.toContain('ca.db')
    await told('ca', 'issue', 'orders', '--config', config, '--out', join(directory, 'out'))
    // Without the configuration there is no store: nothing is recorded elsewhere.
    const dir = join(directory, 'pki')
    await refused('CONFIGURATION_INVALID', 'ca', 'issue', 'orders', '--dir', dir, '--out', join(directory, 'out'))
    expect(await caFilesIn(dir)).not.toContain('ca.db')
  })
})
